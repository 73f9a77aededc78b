internal import OpenSSLTransport
internal import FuzzingCertificates

/// Any bytes as any credential: they are taken, or refused with an error.
func checkCredentials(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    let kind = choices.byte() % 10
    let content = choices.all()
    let configuration: TLSConfiguration
    switch kind {
    case 0: configuration = TLSConfiguration(certificate: .pem(content))
    case 1: configuration = TLSConfiguration(certificate: .pem(papers.server.chainPEM), privateKey: .pem(content))
    case 2: configuration = TLSConfiguration(trustRoots: .pem(content))
    case 3: configuration = TLSConfiguration(trustRoots: .der(content))
    case 4: configuration = TLSConfiguration(certificate: .pem(papers.server.chainPEM), privateKey: .der(content))
    case 5: configuration = TLSConfiguration(trustRoots: papers.roots, revocationLists: .pem(content))
    case 6: configuration = TLSConfiguration(trustRoots: papers.roots, revocationLists: .der([content]))
    case 7:
        configuration = TLSConfiguration(
            certificate: .pem(papers.server.chainPEM),
            privateKey: .pem(papers.server.privateKey.pem),
            ocspResponse: .der(content)
        )
    case 8: configuration = TLSConfiguration(certificate: .pem(content), passphrase: "correct")
    default:
        // How often a passphrase is hashed stands in the file, which is its owner's: numbers of three bytes take minutes.
        guard !zip(content, content.dropFirst()).contains(where: { $0 == 2 && (3...0x88).contains($1) }) else { return }
        configuration = TLSConfiguration(trustRoots: .pkcs12(content))
    }
    do throws(TLSError) {
        try configuration.validate(for: kind == 2 || kind == 3 || kind > 8 ? .client : .server)
    } catch {
        require(error.phase == .configuration && !error.description.isEmpty, "a refusal is told")
    }
}

/// One authority, a server and a client, made when first asked for.
struct Papers {
    let server: Identity
    let client: Identity
    let authority: TestAuthority
    var roots: TLSConfiguration.TrustRoots { .pem(authority.certificate.pem) }

    init() throws {
        authority = try TestAuthority()
        server = try authority.issue(.server(hosts: ["localhost"]))
        client = try authority.issue(.client())
    }
}

let papers: Papers = {
    do { return try Papers() } catch { fatalError("no certificates: \(error)") }
}()

func credentialSeeds() throws -> [[UInt8]] {
    let key = papers.server.privateKey
    let pem = papers.server.chainPEM
    return [
        (0, pem + key.pem), (0, "\u{FEFF}" + pem), (1, key.pem), (1, try key.traditionalPEM()),
        (2, papers.authority.certificate.pem), (2, pem + "noise\r\n" + pem),
        (8, pem + (try key.encryptedPEM(passphrase: "correct"))),
        (5, "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"),
    ].map { [UInt8($0.0)] + Array($0.1.utf8) } + [
        [3] + papers.authority.certificate.der, [6, 0x30, 0], [7, 0x30, 3, 0x0A, 1, 0], [9, 0x30, 3, 2, 1, 3],
    ]
}
