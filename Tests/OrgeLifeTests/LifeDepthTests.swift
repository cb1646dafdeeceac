import Testing

/// One body, two depths; `OrgeSessionTests/LifeTests` walks the bare session machines.
@Suite("A client's whole life") struct LifeDepthTests {
    @Test("in one process, without a socket")
    func inProcess() throws {
        let server = try InProcessServer()
        try Life.walk { try server.connect() }
    }

    @Test("over TCP, through the final processes")
    func overTCP() throws {
        let server = try ServedOverTCP()
        try Life.walk { try server.connect() }
    }
}
