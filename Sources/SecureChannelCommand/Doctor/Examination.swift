internal import SecureChannel

/// Connects as often as it takes to find out what there is to know.
struct Examination {
    let address: String
    let options: TLSOptions
    let timeout: Duration

    /// - Throws: what is wrong with the command line. All else is in the diagnosis.
    func run() async throws -> Diagnosis {
        var diagnosis = Diagnosis(
            address: address,
            isTLS: TLSOptions.isTLS(address),
            offeredProtocols: options.applicationProtocols,
            hasCertificate: options.certificate != nil,
            revocation: Diagnosis.Revocation(
                lists: options.checks.revocationList,
                stapling: options.checks.ocspStapling
            )
        )
        let target: Address
        do {
            target = try options.address(address, handshakeTimeout: timeout)
        } catch let error as TLSError {
            diagnosis.add(Remedy(address: address).fault(error))
            return diagnosis
        }
        if case .tls(let host, let port, _) = target {
            await examineTLS(target, host, port, &diagnosis)
        } else {
            await examinePlain(target, &diagnosis)
        }
        return diagnosis
    }

    private var remedy: Remedy { Remedy(address: address) }
    private var configuration: ChannelConfiguration { ChannelConfiguration(connectTimeout: timeout) }

    private func inspect(_ target: Address) async throws -> TLSInspection {
        try await inspectTLS(target, patience: min(timeout, .seconds(1)), configuration: configuration)
    }

    // MARK: With TLS

    private func examineTLS(_ target: Address, _ host: String, _ port: Int, _ diagnosis: inout Diagnosis) async {
        let told: TLSError.Verification?
        do {
            let inspection = try await inspect(target)
            diagnosis.note(inspection, isVerified: true)
            if case .refused(let error) = inspection.reception {
                diagnosis.add(remedy.fault(error))
            } else if case .closed = inspection.reception {
                diagnosis.add(remedy.closedAfterHandshake(asksForCertificate: diagnosis.clientCertificate == .unknown))
            } else if inspection.details.hasTicket {
                diagnosis.isResumed = await isResumed()
            }
            diagnosis.strictVerification = await strictVerification()
            return
        } catch let error as ChannelError {
            diagnosis.add(remedy.fault(error))
            guard let cause = error.cause as? TLSError else {
                if error.code != .invalidConfiguration { diagnosis.isReachable = false }
                return
            }
            guard cause.phase != .configuration else { return }
            diagnosis.isReachable = true
            diagnosis.peer = cause.peerAddress
            diagnosis.speaksTLS = cause.showsTLS
            told = cause.verification
        } catch {
            return diagnosis.add(
                Diagnosis.Fault(code: "cancelled", what: "\(error)", mend: "Try again.", status: .connection)
            )
        }
        if diagnosis.speaksTLS != false { await look(host, port, told, &diagnosis) }
    }

    /// A connection that insists on nothing, to see what the first one was refused for, and what else would be.
    private func look(
        _ host: String,
        _ port: Int,
        _ told: TLSError.Verification?,
        _ diagnosis: inout Diagnosis
    ) async {
        let target = Address.tls(host, port, options.configurationForALook(handshakeTimeout: timeout))
        guard let inspection = try? await inspect(target) else { return }
        diagnosis.note(inspection, isVerified: false)
        for fault in remedy.faults(inspection, hasCertificate: diagnosis.hasCertificate, told: told) {
            diagnosis.add(fault)
        }
    }

    /// Two connections, the second of which could go on where the first one ended. Nil where they did not come about: pins
    /// and sessions exclude one another.
    private func isResumed() async -> Bool? {
        guard let target = try? options.address(address, handshakeTimeout: timeout, resumes: true),
            (try? await inspect(target)) != nil, let second = try? await inspect(target)
        else { return nil }
        return second.information.isResumed
    }

    // MARK: Without TLS

    private func examinePlain(_ target: Address, _ diagnosis: inout Diagnosis) async {
        do {
            let channel = try await openChannel(target, configuration: configuration)
            diagnosis.isReachable = true
            diagnosis.peer = channel.peerAddress.map { "\($0)" }
            let end = await Self.end(of: channel, within: .milliseconds(300))
            await channel.close()
            if let end { diagnosis.add(remedy.closedAtOnce(end)) }
        } catch let error as ChannelError {
            diagnosis.isReachable = error.code == .invalidConfiguration ? nil : false
            return diagnosis.add(remedy.fault(error))
        } catch {
            return diagnosis.add(
                Diagnosis.Fault(code: "cancelled", what: "\(error)", mend: "Try again.", status: .connection)
            )
        }
        guard case .tcp(let host, let port) = target else { return }
        let patience = min(timeout, .seconds(2))
        let tls = Address.tls(host, port, options.configurationForALook(handshakeTimeout: patience))
        do {
            let inspection = try await inspect(tls)
            diagnosis.speaksTLS = true
            diagnosis.note(inspection, isVerified: false)
        } catch let error as ChannelError {
            // Only what is certain is told: a server without TLS says all kinds of things to a hello, or nothing.
            let cause = error.cause as? TLSError
            diagnosis.speaksTLS = cause?.showsTLS ?? false
            switch cause?.cause {
            case .peerIsNotTLS(.http)?: diagnosis.add(remedy.foreign("HTTP"))
            case .peerIsNotTLS(.ssh)?: diagnosis.add(remedy.foreign("SSH"))
            default: break
            }
        } catch {
            return
        }
        if diagnosis.speaksTLS == true { diagnosis.faults.insert(remedy.wantsTLS, at: 0) }
    }

    /// What ends a channel within a moment; nil if nothing does.
    private static func end(of channel: Channel, within duration: Duration) async -> ChannelError? {
        await withTaskGroup(of: ChannelError?.self) { group in
            group.addTask {
                do {
                    try await channel.receive().fail("This is only a visit.")
                    return nil
                } catch {
                    return error as? ChannelError
                }
            }
            group.addTask {
                try? await Task.sleep(for: duration)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

extension Diagnosis {
    /// The same fault is not told twice.
    mutating func add(_ fault: Fault) {
        guard !faults.contains(where: { $0.code == fault.code }) else { return }
        var fault = fault
        fault.what = CommandWords.text(fault.what)
        fault.mend = CommandWords.text(fault.mend)
        faults.append(fault)
    }

    fileprivate mutating func note(_ inspection: TLSInspection, isVerified: Bool) {
        isReachable = true
        speaksTLS = true
        peer = inspection.peerAddress.map { "\($0)" } ?? peer
        self.inspection = inspection
        isInspectionVerified = isVerified
    }
}

extension TLSError {
    /// Whether the other side has shown that it speaks TLS; false where it shows the contrary, nil where neither.
    fileprivate var showsTLS: Bool? {
        switch self.cause {
        case .peerIsNotTLS: false
        case .closedDuringHandshake, .connectionBroken, .handshakeTimedOut, .handshakeFailed: nil
        default: true
        }
    }
}
