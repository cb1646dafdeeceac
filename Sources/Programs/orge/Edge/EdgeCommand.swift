import ArgumentParser
import Glibc
import OrgeControl
import OrgeEdge
import OrgeEdgeServer
import OrgeSystem

/// The edge process, as only the supervisor starts it.
struct Edge: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serves clients, for a supervisor.", shouldDisplay: false)

    @Option var listenFd: Int32
    @Option var controlFd: Int32
    @Option var lifelineFd: Int32
    @Option var controlVersion: UInt16?
    @Option var edgeId: UInt64
    @Option(name: .customLong("world")) var worlds: [String] = []
    @Option var maxClients: Int
    @Option var unauthenticatedConnections = EdgeLimits.unauthenticatedConnections
    @Flag var dev = false

    func run() throws {
        nameThisProcess("orge-edge")
        if let why = ControlFrame.refusal(ofSupervisor: controlVersion) { throw CommandFailure(why) }
        try Lifeline.arm(lifelineFd)
        try raiseDescriptorLimit()
        let options = EdgeServerOptions(
            listener: listenFd, control: controlFd, edgeID: edgeId, worlds: try worlds.map(Self.world), clientLimit: maxClients,
            unauthenticatedLimit: unauthenticatedConnections, software: Program.software,
            developmentToken: dev ? try Self.token() : nil)
        try EdgeServer.run(options)
    }

    private static func world(_ argument: String) throws -> EdgeServerOptions.World {
        guard let sign = argument.firstIndex(of: "=") else { throw ValidationError("--world is NAME=FOLDER") }
        return .init(name: String(argument[..<sign]), folder: String(argument[argument.index(after: sign)...]))
    }

    /// The secret of this start, out of the environment, which only this user can read.
    private static func token() throws -> [UInt8] {
        let text = unsafe getenv("ORGE_DEV_TOKEN").map { unsafe String(cString: $0) } ?? ""
        let digits = Array(text)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
        guard digits.count == 32, bytes.count == 16 else { throw ValidationError("ORGE_DEV_TOKEN is not 32 hexadecimal digits") }
        return bytes
    }
}
