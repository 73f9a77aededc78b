/// What one connection does: most of them fail, each in a way of its own.
enum Visit: String, CaseIterable, Sendable {
    // Our client and our server.
    /// Mutual TLS, a call, and an orderly end.
    case call
    /// The same by a client that may resume an earlier session.
    case comeBack
    /// The same with a configuration of its own, both contexts made anew.
    case newConfiguration
    /// A call of several records, back and forth.
    case largeCall
    /// A channel that is closed while calls wait for their replies.
    case closeDuringCalls
    /// A channel that nobody closes, only lets go of.
    case letGo
    /// An open that is cancelled at some moment.
    case cancelledOpen
    /// A client whose certificate the server does not trust.
    case strangerAsClient
    /// A client without a certificate.
    case anonymousClient
    /// A server whose certificate the client does not trust.
    case strangerAsServer
    /// A server whose certificate is for another name.
    case misnamedServer
    /// A configuration that cannot work.
    case misconfiguration

    // A strange client and our server.
    /// Says nothing until it is sent away.
    case silentClient
    /// Says the beginning of a ClientHello and waits.
    case haltingClient
    /// Says a ClientHello, and nothing more after the server's answer.
    case stalledClient
    /// Says a ClientHello and ends its side.
    case halfClosedClient
    /// Says the beginning of a ClientHello and goes.
    case truncatedClient
    /// Says a ClientHello and resets the connection.
    case resettingClient
    /// Says something that is not TLS.
    case garbageFromClient
    /// Says a ClientHello of which one byte was changed.
    case alteredClient

    // Our client and a strange server.
    /// Says nothing.
    case silentServer
    /// Ends the connection when it has seen the ClientHello.
    case closingServer
    /// Answers with something that is not TLS.
    case garbageFromServer
    /// Answers with an alert.
    case alertingServer

    /// The visit with this number: each kind has its turn, and those that wait for a timeout have it half as often.
    init(number: Int) {
        self = Self.schedule[number % Self.schedule.count]
    }

    /// A third of all visits are calls, so that the servers are busy with good clients while the others come.
    private static let schedule = allCases.flatMap { visit in
        [visit, .call, visit == .call ? .comeBack : visit.isSlow ? .comeBack : visit]
    }

    /// Whether it lasts until a timeout is over.
    private var isSlow: Bool {
        switch self {
        case .silentClient, .haltingClient, .stalledClient, .silentServer: true
        default: false
        }
    }
}
