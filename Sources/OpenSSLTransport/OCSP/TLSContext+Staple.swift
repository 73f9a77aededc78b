internal import COpenSSL

// A server's OCSP response, checked as clients will check it: a bad one would have them all refuse us.

extension TLSContext {
    func loadStaples(of identities: [LoadedIdentity]) throws(TLSError) {
        guard self.role == .server else {
            guard self.settings.ocspResponse == nil else {
                throw self.invalid(
                    "an ocspResponse is given to a client, and only servers staple one",
                    hint:
                        "Leave ocspResponse out, or give it to the server; a client checks the server's with ocspStapling."
                )
            }
            return
        }
        // Without a response, too: one can come with a reload.
        guard self.staples.attach(to: self.pointer) else {
            throw self.invalid("OpenSSL has no memory left", codes: OpenSSLErrorQueue.drain())
        }
        var staples: [[UInt8]: Staple] = [:]
        for identity in identities {
            guard let response = identity.ocspResponse, let certificate = identity.leaf else { continue }
            staples[X509Text.sha256Fingerprint(certificate)] = try self.staple(response, identity, certificate)
        }
        self.staples.all = staples
    }

    private func staple(
        _ response: TLSConfiguration.OCSPResponse,
        _ identity: LoadedIdentity,
        _ certificate: OpaquePointer
    ) throws(TLSError) -> Staple {
        let bytes = try self.read(response)
        do throws(OCSPFault) {
            // A root is not sent, and yet may stand behind our own certificate.
            guard let issuer = self.issuer(of: certificate, among: identity.certificates) else { throw .issuerUnknown }
            let answer = bytes.withUnsafeBytes { bytes in Result { () throws(OCSPFault) in try OCSPAnswer(der: bytes) }
            }
            return Staple(der: bytes, end: try answer.get().checkGood(certificate, issuer: issuer.pointer))
        } catch {
            throw self.unusable(response, error, TLSPeerCertificate(certificate, in: self.library))
        }
    }

    private func read(_ response: TLSConfiguration.OCSPResponse) throws(TLSError) -> [UInt8] {
        switch response.source {
        case .der(let bytes): return bytes
        case .file(let path):
            let file = CredentialFile(path: path)
            do {
                let contents = try file.read(limit: TLSConfiguration.OCSPResponse.limit)
                return withExtendedLifetime(contents) { Array(contents.bytes) }
            } catch {
                let (message, hint) = file.explanation(of: error)
                throw TLSError.configuration(.fileUnreadable, self.role, "the \(response) \(message)", hint: hint)
            }
        }
    }

    /// Among the certificates that are given, else among those that we trust.
    private func issuer(of certificate: OpaquePointer, among given: [X509Certificate]) -> X509Certificate? {
        if let issuer = given.first(where: { X509_check_issued($0.pointer, certificate) == X509_V_OK }) {
            return issuer
        }
        let objects = SSL_CTX_get_cert_store(self.pointer).flatMap { X509_STORE_get0_objects($0) }
        for index in 0..<COpenSSL_stack_of_X509_OBJECT_count(objects) {
            let object = COpenSSL_stack_of_X509_OBJECT_value(objects, index)
            guard let other = X509_OBJECT_get0_X509(object) else { continue }
            if X509_check_issued(other, certificate) == X509_V_OK {
                return X509Certificate(sharing: other)
            }
        }
        return nil
    }

    private func unusable(
        _ response: TLSConfiguration.OCSPResponse,
        _ fault: OCSPFault,
        _ certificate: TLSPeerCertificate
    ) -> TLSError {
        let codes = OpenSSLErrorQueue.drain()
        let (cause, hint): (TLSError.Cause, String) =
            switch fault {
            case .unreadable:
                (.wrongFileKind, "Give a whole response in DER, as 'openssl ocsp -respout FILE' writes it.")
            case .revoked:
                (.certificateRevoked, "Have a new certificate issued, and find out why this one was taken back.")
            case .issuerUnknown:
                (
                    .invalidConfiguration,
                    "Put the issuer's certificate behind our own in the certificate file."
                )
            default: (.invalidConfiguration, "Have the authority's OCSP responder asked again, about this certificate.")
            }
        return TLSError.configuration(
            cause,
            self.role,
            "the \(response) \(fault.clause); our certificate is '\(EscapedText(certificate.subject))'",
            hint: hint,
            certificate: certificate,
            codes: codes
        )
    }
}
