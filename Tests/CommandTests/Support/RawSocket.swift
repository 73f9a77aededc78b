internal import Foundation

/// A TCP socket on this machine, without any library of ours: for peers that do what no channel does. Blocking.
final class RawSocket: Sendable {
    private let descriptor: Int32

    private init() throws {
        #if os(Linux)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        // No test may hang on a peer that says nothing.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Connected to a port.
    convenience init(connectedTo port: Int) throws {
        try self.init()
        try Self.withAddress(port) { connect(descriptor, $0, $1) }
    }

    /// Bound to a free port. Who connects is refused unless it listens; nobody is ever accepted.
    convenience init(listening: Bool) throws {
        try self.init()
        try Self.withAddress(0) { bind(descriptor, $0, $1) }
        if listening, listen(descriptor, 16) != 0 { throw POSIXError(.EIO) }
    }

    private init(accepted descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Waits for somebody to connect; throws once ``stopListening()`` was called.
    func accept() throws -> RawSocket {
        while true {
            let accepted = Foundation.accept(descriptor, nil, nil)
            if accepted >= 0 { return RawSocket(accepted: accepted) }
            guard errno == EINTR || errno == EAGAIN else { throw POSIXError(.EINVAL) }
        }
    }

    func stopListening() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    var port: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutableBytes(of: &address) { bytes in
            _ = getsockname(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!, &length)
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }  // signal(7): so it is for sockets with a timeout
            guard count > 0 else { throw POSIXError(.EPIPE) }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads `count` bytes, or fewer at the stream's end.
    func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < count {
            let received = recv(descriptor, &buffer, min(buffer.count, count - bytes.count), 0)
            if received < 0, errno == EINTR { continue }
            guard received >= 0 else { throw POSIXError(.ETIMEDOUT) }
            if received == 0 { break }
            bytes += buffer.prefix(received)
        }
        return bytes
    }

    private static func withAddress(_ port: Int, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafeBytes(of: &address) { bytes in
            call(bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t(bytes.count))
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
    }
}
