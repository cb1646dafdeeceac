package import OrgeWire

/// How one client's updates are written, as its hello and the server's answer agreed.
package enum ViewEncoding: Equatable, Sendable {
    /// ``UpdateEncoding/plain``: byte-aligned, as `docs/protocol.md` says.
    /// - Parameter isSized: rows stand after their length, for a receiver that may not know their component.
    case plain(isSized: Bool)

    package init(_ capabilities: Capabilities) {
        switch capabilities.encoding {
        case .plain, nil: self = .plain(isSized: capabilities.contains(Capabilities.sizedRows))
        }
    }
}
