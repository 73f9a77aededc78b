/// What is wrong with an OCSP response about a certificate.
enum OCSPFault: Error, Sendable, Equatable {
    case missing
    /// Missing, and the certificate itself demands one.
    case demanded
    /// There is no certificate of the issuer's to check it with.
    case issuerUnknown
    case unreadable
    /// The responder had none to give; its reason, in OpenSSL's words.
    case refused(String)
    /// Not signed by the issuer, nor by somebody whom it named for that.
    case badSignature
    case forAnotherCertificate
    case notYetValid(from: String)
    case outOfDate(since: String)
    case revoked(since: String, reason: String?)
    case certificateUnknown

    /// A clause that follows "the OCSP response"; for those without one, a whole sentence is made elsewhere.
    var clause: String {
        switch self {
        case .missing, .demanded: "is missing"
        case .issuerUnknown: "cannot be checked, for the certificate's issuer is not known"
        case .unreadable: "cannot be read"
        case .refused(let reason): "is none: the responder said '\(reason)'"
        case .badSignature: "is not signed by the certificate's issuer, nor by a responder that it has named"
        case .forAnotherCertificate: "is about another certificate"
        case .notYetValid(let date): "counts from \(date) only"
        case .outOfDate(let date): "is out of date since \(date)"
        case .revoked(let date, let reason):
            "says that the certificate is revoked since \(date)" + (reason.map { " (\($0))" } ?? "")
        case .certificateUnknown: "says that the responder does not know the certificate"
        }
    }
}
