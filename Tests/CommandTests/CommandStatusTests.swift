@testable internal import SecureChannelCommand
internal import SecureChannel
internal import TestCertificates
internal import Testing

@Suite("Which error ends with which status")
struct CommandStatusTests {
    @Test(
        "What the channel says",
        arguments: [
            (ChannelError.Code.invalidConfiguration, CommandStatus.usage),
            (.encodingFailed, .usage),
            (.messageTooLarge, .usage),
            (.connectFailed, .connection),
            (.connectTimedOut, .connection),
            (.addressInUse, .connection),
            (.listenFailed, .connection),
            (.connectionClosed, .connection),
            (.connectionReset, .connection),
            (.writeTimedOut, .connection),
            (.invalidMessage, .connection),
            (.decodingFailed, .connection),
            (.replyTimedOut, .connection),
            (.tlsFailed, .tls),
        ]
    )
    func channel(code: ChannelError.Code, status: CommandStatus) {
        #expect(CommandStatus(ChannelError(code, "")) == status)
    }

    @Test(
        "What TLS says: a refusal is one whenever it comes, the rest depends on how far the connection had come",
        arguments: [
            (TLSError.Cause.fileUnreadable, TLSError.Phase.configuration, CommandStatus.tls),
            (.unknownAuthority, .handshake, .tls),
            (.peerIsNotTLS(.http), .handshake, .tls),
            (.closedDuringHandshake, .handshake, .tls),
            (.handshakeTimedOut(.begun), .handshake, .connection),
            (.certificateRejectedByPeer(alert: 48), .established, .tls),
            (.alertReceived(40), .established, .tls),
            (.truncated, .established, .connection),
            (.connectionBroken(errno: 104), .established, .connection),
            (.corruptedRecord, .established, .connection),
            (.closed, .closing, .connection),
        ]
    )
    func tls(cause: TLSError.Cause, phase: TLSError.Phase, status: CommandStatus) {
        let error = TLSError(cause, phase: phase, message: "")
        #expect(CommandStatus(error) == status)
        #expect(CommandStatus(ChannelError(.tlsFailed, "", cause: error)) == status)
    }

    @Test("What others say")
    func others() {
        #expect(CommandStatus(RemoteError(origin: "", message: "")) == .remoteFailure)
        #expect(CommandStatus(CertificateError("")) == .usage)
        #expect(CommandStatus(CancellationError()) == .connection)
    }

    @Test("Seconds are numbers with fractions, from nothing to a thousand million")
    func seconds() {
        #expect(Seconds(argument: "0")?.duration == .zero)
        #expect(Seconds(argument: "2.5")?.duration == .milliseconds(2500))
        for text in ["", "x", "-1", " -1", "nan", "inf", "1e10", "1 s"] {
            #expect(Seconds(argument: text) == nil, "\(text)")
        }
    }

    @Test("Only what looks like a negative number is kept from being an option")
    func negativeNumbers() {
        #expect(SecureChannelCommand.protectingNegativeNumber("-5") == " -5")
        for text in ["", "-", "--", "-h", "--5", "5", "{}"] {
            #expect(SecureChannelCommand.protectingNegativeNumber(text) == text)
        }
    }
}
