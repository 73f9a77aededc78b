import NIOCore
import Testing

@testable import OpenSSLTransport

@Suite("The state machine")
struct TLSStateMachineTests {
    private func established(_ role: TLSRole = .client) -> TLSStateMachine {
        var machine = TLSStateMachine(role: role)
        _ = machine.connect()
        machine.acceptFirstBytes()
        _ = machine.completeHandshake()
        return machine
    }

    @Test("A client greets, a server waits, and only once", arguments: [TLSRole.client, .server])
    func connecting(role: TLSRole) {
        var machine = TLSStateMachine(role: role)
        #expect(machine.inputAction == .discard)
        #expect(machine.connect() == (role == .client ? .sendHello : .awaitHello))
        #expect(machine.connect() == .ignore)
        #expect(machine.inputAction == .inspect)
        machine.acceptFirstBytes()
        #expect(machine.inputAction == .handshake)
        let completed = machine.completeHandshake()
        #expect(completed)
        #expect(machine.inputAction == .decrypt && machine.canEncrypt)
        let again = machine.completeHandshake()
        #expect(!again)
    }

    @Test("A timeout names how far the handshake came")
    func timeouts() {
        var machine = TLSStateMachine(role: .server)
        _ = machine.connect()
        #expect(machine.timeOut() == .failHandshake(.nothingReceived))
        machine.acceptFirstBytes()
        #expect(machine.timeOut() == .failHandshake(.begun))
        machine.answer()
        #expect(machine.timeOut() == .failHandshake(.answered))
        _ = machine.completeHandshake()
        #expect(machine.timeOut() == .ignore)
    }

    @Test("The end of the transport is an error until close_notify has come")
    func endOfInput() {
        var early = TLSStateMachine(role: .server)
        _ = early.connect()
        #expect(early.receiveEndOfInput() == .fail)

        var cut = self.established()
        #expect(cut.receiveEndOfInput() == .fail)

        var clean = self.established()
        #expect(clean.receiveCloseNotify() == .announce)
        #expect(clean.receiveCloseNotify() == .ignore)
        #expect(clean.receiveEndOfInput() == .ignore)
        #expect(clean.writeAction == .enqueue && clean.canEncrypt)
        #expect(clean.inputAction == .discard)
    }

    @Test("A whole close sends the rest, says goodbye, lingers and ends")
    func wholeClose() {
        var machine = self.established()
        #expect(machine.close() == .sendRest)
        #expect(machine.close() == .join)
        #expect(machine.canEncrypt && machine.writeAction == .fail(.ioOnClosedChannel))
        #expect(machine.inputAction == .discard)
        #expect(machine.drain() == .sendCloseNotify)
        #expect(machine.drain() == .goOn)
        #expect(machine.isLingering && !machine.canEncrypt)
        #expect(machine.sentGoodbye() == .closeOutput)
        #expect(machine.receiveEndOfInput() == .finishClosing)
        machine.finish()
        #expect(machine.isClosed)
        #expect(machine.close() == .fail(.alreadyClosed))
    }

    @Test("The peer's end does not cut off a goodbye that is still on its way")
    func endBeforeGoodbye() {
        var machine = self.established()
        _ = machine.close()
        #expect(machine.receiveEndOfInput() == .ignore)
        #expect(machine.drain() == .sendCloseNotify)
        #expect(machine.receiveEndOfInput() == .ignore)
        #expect(machine.sentGoodbye() == .closeTransport)
        #expect(machine.isClosed)
    }

    @Test("A half-close leaves the input open, until the peer ends too")
    func halfClose() {
        var machine = self.established()
        #expect(machine.closeOutput() == .sendRest)
        #expect(machine.closeOutput() == .join)
        #expect(machine.writeAction == .fail(.outputClosed))
        #expect(machine.drain() == .sendCloseNotify)
        #expect(machine.inputAction == .decrypt)
        #expect(machine.sentGoodbye() == .closeOutput)
        #expect(machine.closeOutput() == .fail(.outputClosed))
        #expect(machine.receiveCloseNotify() == .announceAndClose)
        #expect(machine.close() == .closeTransport)
    }

    @Test("A peer that ends first does not cut off a half-close on its way")
    func halfCloseAfterPeer() {
        var machine = self.established()
        _ = machine.closeOutput()
        _ = machine.drain()
        #expect(machine.receiveCloseNotify() == .announce)
        #expect(machine.close() == .awaitGoodbye)
        #expect(machine.sentGoodbye() == .closeOutput)
    }

    @Test("Only the first failure is reported, and none of a connection that is being closed")
    func failures() {
        var machine = self.established()
        #expect(machine.fail() == .report)
        #expect(machine.fail() == .ignore)
        #expect(machine.isLingering)

        var closing = self.established()
        _ = closing.close()
        #expect(closing.fail() == .closeQuietly)
    }

    @Test("Before the handshake is over a close is a close of the transport, and a half-close waits")
    func closeEarly() {
        for connected in [false, true] {
            var machine = TLSStateMachine(role: .client)
            if connected { _ = machine.connect() }
            #expect(machine.close() == .closeTransport)
        }
        var machine = TLSStateMachine(role: .client)
        #expect(machine.closeOutput() == .fail(.operationUnsupported))
        _ = machine.connect()
        #expect(machine.closeOutput() == .sendRest)
        #expect(machine.drain() == .goOn)
        machine.acceptFirstBytes()
        _ = machine.completeHandshake()
        #expect(machine.drain() == .sendCloseNotify)
    }

    @Test("No order of events brings a closed connection back to life", arguments: 0..<300)
    func randomOrders(seed: UInt64) {
        var random = SplitMix(seed)
        var machine = TLSStateMachine(role: seed % 2 == 0 ? .client : .server)
        var wasClosed = false
        var reports = 0
        for _ in 0..<60 {
            switch Int.random(in: 0..<13, using: &random) {
            case 0: _ = machine.connect()
            case 1: machine.acceptFirstBytes()
            case 2: machine.answer()
            case 3: _ = machine.completeHandshake()
            case 4: _ = machine.receiveCloseNotify()
            case 5: _ = machine.receiveEndOfInput()
            case 6: _ = machine.drain()
            case 7: _ = machine.closeOutput()
            case 8: _ = machine.sentGoodbye()
            case 9: _ = machine.timeOut()
            case 10 where seed % 3 == 0: reports += machine.fail() == .report ? 1 : 0
            case 11 where seed % 5 == 0: _ = machine.close()
            case 12 where seed % 7 == 0: machine.finish()
            default: break
            }
            if wasClosed {
                #expect(machine.isClosed && !machine.canEncrypt && machine.inputAction == .discard)
            }
            if machine.isLingering || machine.isClosed { #expect(machine.writeAction == .fail(.ioOnClosedChannel)) }
            wasClosed = machine.isClosed
        }
        #expect(reports <= 1)
    }
}

@Suite("A paused handshake, as a state")
struct PausedHandshakeTests {
    private func paused(_ pause: TLSStateMachine.Pause) -> TLSStateMachine {
        var machine = TLSStateMachine(role: .server)
        _ = machine.connect()
        machine.acceptFirstBytes()
        machine.answer()
        machine.pause(for: pause)
        return machine
    }

    @Test("Input is held while it lasts, and taken up where it was")
    func holds() {
        var machine = self.paused(.approval)
        #expect(machine.isPaused)
        #expect(machine.isHandshaking)
        #expect(machine.inputAction == .hold)
        #expect(machine.canEncrypt == false)
        #expect(machine.writeAction == .enqueue)
        let action = machine.resume()
        #expect(action == .goOn(inputHasEnded: false))
        #expect(machine.inputAction == .handshake)
    }

    @Test("The input's end is held like input")
    func endOfInput() {
        var machine = self.paused(.step)
        let action = machine.receiveEndOfInput()
        #expect(action == .ignore)
        let resumed = machine.resume()
        #expect(resumed == .goOn(inputHasEnded: true))
        let again = machine.receiveEndOfInput()
        #expect(again == .fail)
    }

    @Test("What waits is told apart when the time is over")
    func timeOut() {
        var step = self.paused(.step)
        var approval = self.paused(.approval)
        let (ofStep, ofApproval) = (step.timeOut(), approval.timeOut())
        #expect(ofStep == .failHandshake(.computing))
        #expect(ofApproval == .failHandshake(.approving))
    }

    @Test("Nobody waits any more after a close or a failure")
    func over() {
        var closed = self.paused(.approval)
        _ = closed.close()
        var failed = self.paused(.step)
        _ = failed.fail()
        let (first, second) = (closed.resume(), failed.resume())
        #expect(first == .ignore)
        #expect(second == .ignore)
    }
}
