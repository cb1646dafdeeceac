/// Whether a request was meant for this server and comes from its own page.
///
/// Any web page in the user's browser can open a socket to loopback, and a name that resolves to loopback can be anybody's: so `Host` must
/// name us, and `Origin`, where a browser sends one, must be our own page.
struct Origin {
    let port: Int

    private var authorities: [String] { ["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"] }

    /// - Parameter host: the header's values; exactly one is right.
    func accepts(host: [String]) -> Bool { host.count == 1 && authorities.contains(host[0].lowercased()) }

    /// - Parameter origin: the header's values; none is right for programs that are no browsers.
    func accepts(origin: [String]) -> Bool {
        origin.isEmpty || origin.count == 1 && authorities.contains { "http://\($0)" == origin[0].lowercased() }
    }
}
