// What was wrong with the OCSP response that a server has stapled, or has not.

extension FailedSession {
    var staple: Explanation {
        guard case .staple(let fault)? = self.ssl.flatMap({ Refusal.reason(on: $0) }) else {
            return Explanation(.revocationUnknown, "the \(self.peer)'s OCSP response is not good")
        }
        let whose = self.whose(0, self.certificate(at: 0))
        let hint = "Have the \(self.peer) staple a new response of its authority's, or see whether its responder works."
        switch fault {
        case .missing:
            return Explanation(
                .revocationUnknown,
                "the \(self.peer) sent no OCSP response with its certificate, and one is required here; so whether \(whose) "
                    + "is revoked cannot be told",
                "Have the \(self.peer) staple one, or set ocspStapling to .checked."
            )
        case .demanded:
            return Explanation(
                .revocationUnknown,
                "\(whose) demands that an OCSP response is sent along (RFC 7633), and the \(self.peer) sent none",
                "Have the \(self.peer) staple one."
            )
        case .revoked:
            return Explanation(
                .certificateRevoked,
                "\(whose) is revoked: the OCSP response that the \(self.peer) sent along \(fault.clause)",
                "Have a new one issued, and find out why this one was taken back."
            )
        case .issuerUnknown:
            return Explanation(
                .revocationUnknown,
                "\(whose) is trusted by itself, so there is no issuer that an OCSP response could be checked with",
                "Trust its authority instead, or set ocspStapling to .checked."
            )
        default:
            return Explanation(
                .revocationUnknown,
                "whether \(whose) is revoked cannot be told: the OCSP response that the \(self.peer) sent along \(fault.clause)",
                hint
            )
        }
    }
}
