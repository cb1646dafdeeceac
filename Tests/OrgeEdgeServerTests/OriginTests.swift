import Testing

@testable import OrgeEdgeServer

@Suite("Hosts and origins of requests") struct OriginTests {
    @Test("A server answers to the usual names of loopback and to the address where it listens", arguments: [nil, "127.0.0.1", "127.0.0.9", "::1"])
    func ours(address: String?) {
        let origin = Origin(port: 9512, address: address)
        let ours = ["127.0.0.1:9512", "LocalHost:9512", "[::1]:9512"] + (address == "127.0.0.9" ? ["127.0.0.9:9512"] : [])
        for host in ours {
            #expect(origin.accepts(host: [host]) && origin.accepts(origin: ["http://\(host)"]), "\(host)")
        }
    }

    @Test(
        "It answers to no other name, port or scheme, and not to two at once",
        arguments: ["127.0.0.8:9512", "127.0.0.9", "127.0.0.9:80", "example.org:9512", "127.0.0.9.example.org:9512", "", "null"])
    func others(host: String) {
        let origin = Origin(port: 9512, address: "127.0.0.9")
        #expect(!origin.accepts(host: [host]) && !origin.accepts(origin: ["http://\(host)"]))
        #expect(!origin.accepts(host: []) && !origin.accepts(host: ["localhost:9512", host]))
        #expect(!origin.accepts(origin: ["https://127.0.0.9:9512"]) && !origin.accepts(origin: [host]) && origin.accepts(origin: []))
    }
}
