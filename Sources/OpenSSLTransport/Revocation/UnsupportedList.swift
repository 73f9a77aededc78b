internal import COpenSSL

/// Why a revocation list says less, or something else, than "these certificates of my issuer's are revoked, and all others
/// are not" (RFC 5280, section 5).
///
/// OpenSSL reads such lists only with flags that nobody sets, and without them takes some for complete ones: a newer, empty
/// delta list would hide the complete one. So a list that is not understood whole is not loaded.
enum UnsupportedList: Equatable {
    /// What has changed since another list (section 5.2.4).
    case delta
    /// Other authorities' certificates are on it, too (sections 5.2.5 and 5.3.3).
    case indirect
    /// Certificates that were revoked for other reasons are not on it (section 5.2.5).
    case someReasons
    /// Only attribute certificates are on it, which TLS has none of (section 5.2.5).
    case attributeCertificates
    /// An entry takes a certificate off the list, as only a delta list may (section 5.3.1).
    case removal
    /// By its name or number; whoever does not know it must not use the list (section 5.2).
    case criticalExtension(String)
    case criticalEntryExtension
    /// It cannot be read, or is there twice.
    case malformedExtension(String)
    case malformedEntry
    /// Newer than 2, which RFC 5280 ends with.
    case version(Int)

    /// Nil for a list that is complete and understood.
    ///
    /// - Parameter list: An X509_CRL*.
    init?(_ list: OpaquePointer) {
        defer { ERR_clear_error() }
        let version = X509_CRL_get_version(list) + 1
        guard version <= 2 else {
            self = .version(version)
            return
        }
        guard let fault = Self.extensionFault(list) ?? Self.entryFault(list) else { return nil }
        self = fault
    }

    private static func extensionFault(_ list: OpaquePointer) -> UnsupportedList? {
        let extensions = (0..<X509_CRL_get_ext_count(list)).compactMap { X509_CRL_get_ext(list, $0) }
        let identifiers = extensions.map { OBJ_obj2nid(X509_EXTENSION_get_object($0)) }
        // Before the others: lists of this kind have other faults that follow from it.
        if identifiers.contains(NID_delta_crl) { return .delta }
        for (index, element) in extensions.enumerated() {
            let object = X509_EXTENSION_get_object(element)
            guard X509_CRL_get_ext_by_OBJ(list, object, -1) == index else {
                return .malformedExtension(Self.name(object))
            }
            if identifiers[index] == NID_issuing_distribution_point {
                if let fault = Self.scopeFault(list) { return fault }
            } else if X509_EXTENSION_get_critical(element) != 0 {
                return .criticalExtension(Self.name(object))
            }
        }
        return nil
    }

    /// Of an IssuingDistributionPoint. What else it may say OpenSSL heeds: for whose certificates the list is, authorities' or
    /// others', and for those of which distribution point.
    private static func scopeFault(_ list: OpaquePointer) -> UnsupportedList? {
        guard let value = X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, nil, nil) else {
            return .malformedExtension("issuingDistributionPoint")
        }
        let scope = value.assumingMemoryBound(to: ISSUING_DIST_POINT.self)
        defer { ISSUING_DIST_POINT_free(scope) }
        let (users, authorities) = (scope.pointee.onlyuser > 0, scope.pointee.onlyCA > 0)
        if scope.pointee.indirectCRL > 0 { return .indirect }
        if scope.pointee.onlysomereasons != nil { return .someReasons }
        if scope.pointee.onlyattr > 0 { return .attributeCertificates }
        // Both exclude one another, and an empty one is forbidden.
        return users == authorities && (users || scope.pointee.distpoint == nil)
            ? .malformedExtension("issuingDistributionPoint") : nil
    }

    private static func entryFault(_ list: OpaquePointer) -> UnsupportedList? {
        switch COpenSSL_X509_CRL_entryFault(list) {
        case COpenSSL_entriesAreComplete: nil
        case COpenSSL_entryNamesIssuer: .indirect
        case COpenSSL_entryRemovesFromList: .removal
        case COpenSSL_entryIsCritical: .criticalEntryExtension
        default: .malformedEntry
        }
    }

    /// Of a fixed set of names where OpenSSL knows one, else in numbers.
    private static func name(_ object: OpaquePointer?) -> String {
        let identifier = OBJ_obj2nid(object)
        guard identifier != NID_undef, let name = OBJ_nid2sn(identifier) else {
            return X509Text.objectIdentifier(object)
        }
        return String(cString: name)
    }
}

extension UnsupportedList {
    /// What follows "has a list that".
    var clause: String {
        switch self {
        case .delta: "is a delta list: it says only what has changed since another one"
        case .indirect: "is an indirect one: it has other authorities' certificates on it, too"
        case .someReasons: "is for some reasons of revocation alone"
        case .attributeCertificates: "is for attribute certificates alone"
        case .removal: "takes a certificate off a list, which only a delta list may"
        case .criticalExtension(let name):
            "has the critical extension \(EscapedText(name, limit: 64)), which is not supported"
        case .criticalEntryExtension: "has an entry with a critical extension, which is not supported"
        case .malformedExtension(let name):
            "has the extension \(EscapedText(name, limit: 64)) twice, or in a form that cannot be read"
        case .malformedEntry: "has an entry whose reason cannot be read"
        case .version(let number): "is of version \(number), which is not supported"
        }
    }

    var hint: String {
        switch self {
        case .delta: "Name the complete list that the authority publishes beside it; delta lists are not supported."
        default: "Have the authority publish a complete list of its own certificates: part of one is not supported."
        }
    }
}
