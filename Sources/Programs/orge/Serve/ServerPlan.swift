import FoundationEssentials
import OrgeJournal
import OrgeJournalFiles
import OrgeSchema
import OrgeSupervisor
import OrgeSystem

/// What a server prints on standard output.
enum ServerOutput {
    /// Sentences for people.
    case sentences
    /// Lines of JSON for scripts.
    case json
}

/// Everything that `orge serve` decides and opens before it starts the first child. Each step may fail, with a reason.
final class ServerPlan {
    struct World {
        var name: String
        var number: UInt16
        /// As it was given, from the root: what the program is called for itself.
        var executable: String
        var code: WorldCode
        /// DIR/worlds/NAME
        var folder: String
    }

    let output: ServerOutput
    /// Runs as edge and bots in place of this program; nil but in tests.
    let edgeExecutable: String?
    let settings: Settings
    /// The data folder as it was given, for messages.
    let data: String
    let worlds: [World]
    /// DIR, locked for as long as this process lives.
    let folder: Folder
    /// The executables that run, and those that ran.
    let store: CodeStore
    /// For clients, one for each edge, on one port. They are opened once, so that the port and the connections that wait outlive the edges.
    let listeners: [Listener.Box]
    var port: UInt16 { listeners[0].listener.port }

    /// - Precondition: it is one of the plan's.
    func world(_ name: String) -> World {
        guard let world = worlds.first(where: { $0.name == name }) else { preconditionFailure("no world \(name) is served") }
        return world
    }

    /// The descriptor of the socket that a child inherits.
    func listener(of child: Child) -> Int32? {
        if case .edge(let index) = child { listeners[index].listener.descriptor.number } else { nil }
    }
    /// For `orge status`.
    let controlListener: Listener
    /// In development mode: a client that sends it may kill worlds. Each start draws a new one.
    let developmentToken: String?
    /// Names this start in the ids of its edges.
    private let start: UInt32

    /// - Precondition: the settings name a data folder.
    /// - Parameter isOneWay: changes of the worlds' data that nothing takes back are allowed.
    init(_ settings: Settings, output: ServerOutput, edgeExecutable: String?, isOneWay: Bool = false) throws {
        guard let data = settings.data else { preconditionFailure("a server has a data folder") }
        self.output = output
        self.edgeExecutable = edgeExecutable
        self.settings = settings
        self.data = data
        let environment = Self.environment(adding: [BacktraceSetting.off])
        let executables = try settings.worlds.map(Self.executable)
        let identities = try executables.map { try WorldDescription.ask($0, environment: environment) }
        for (index, identity) in identities.enumerated() where identities[..<index].contains(where: { $0.name == identity.name }) {
            throw CommandFailure("two of the executables serve a world named \(identity.name)", remedy: "Give each world its own name, or serve one of them.")
        }
        folder = try Self.lockedFolder(data)
        let path = try absolutePath(data)
        var universe = try Self.universe(of: identities.map(\.name), in: folder)
        store = try CodeStore(in: folder)
        let worldsFolder = try folder.folder("worlds")
        var worlds: [World] = []
        for (index, identity) in identities.enumerated() {
            _ = try worldsFolder.folder(identity.name)
            let folder = "\(path)/worlds/\(identity.name)"
            let choice = WorldCodeChoice(name: identity.name, executable: executables[index], folder: folder, environment: environment, isOneWay: isOneWay)
            let code = try choice.decide(store, &universe[identity.name])
            let number = universe[identity.name].number
            worlds.append(World(name: identity.name, number: number, executable: executables[index], code: code, folder: folder))
        }
        self.worlds = worlds
        try Self.write(universe, in: folder)
        try Self.tidy(store, worlds, universe, path)
        listeners = try Self.listen(settings)
        controlListener = try folder.listen(on: ControlSocket.name)
        start = try unguessableBytes(count: 4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) } | 1
        developmentToken = settings.isDevelopment ? try unguessableBytes(count: 16).map { UInt64($0).hexadecimal.suffix(2) }.joined() : nil
    }

    var supervision: SupervisionPlan {
        SupervisionPlan(
            worlds: worlds.map(\.name), edges: settings.edges, clientLimit: settings.maxClients, start: start, hasBots: settings.bots > 0,
            allowsKill: settings.isDevelopment, silence: SilencePolicy(limitSeconds: settings.silenceLimitSeconds),
            blame: BlamePolicy(processorMilliseconds: settings.processorLimitMilliseconds), settles: worlds.map(\.code.settling.count))
    }

    var address: String { settings.address.contains(":") ? "[\(settings.address)]:\(port)" : "\(settings.address):\(port)" }

    /// The token is in the fragment, which a browser does not send: it reaches only the page.
    var web: String { "http://\(address)/" + (developmentToken.map { "#token=\($0)" } ?? "") }

    /// Settings of worlds that are not served: they may be served another time, or their name is misspelt.
    var warnings: [String] {
        let names = worlds.map(\.name)
        return settings.worldsWithSettings.filter { !names.contains($0) }.map { name in
            let meant = nearest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
            return "\(SettingsTable.worldSettingsKey) names \(name), which is not served\(meant)"
        }
    }

    private static func executable(_ path: String) throws -> String {
        guard isExecutableFile(path) else {
            throw CommandFailure(
                "there is no executable at \"\(path)\"", remedy: "Build the world first (`swift build -c release`), and give its path: .build/release/NAME.")
        }
        return try absolutePath(path)
    }

    private static func lockedFolder(_ path: String) throws -> Folder {
        let folder: Folder
        do {
            folder = try Folder(path, creating: true)
        } catch {
            throw CommandFailure("\(error)", remedy: "Give a folder that you may write to with --data.")
        }
        guard try folder.lock() else {
            throw CommandFailure(
                "another `orge serve` is at work on the data folder \(path)",
                remedy: "See it with `orge status --data \(path)`, stop it, or give another folder with --data.")
        }
        return folder
    }

    /// What the universe file says, with a number for each of these worlds.
    private static func universe(of names: [String], in folder: borrowing Folder) throws -> UniverseFile {
        var universe = try UniverseFile(in: folder)
        for name in names { _ = try universe.number(of: name) }
        // A number is taken before anything of its world is written.
        try write(universe, in: folder)
        return universe
    }

    private static func write(_ universe: UniverseFile, in folder: borrowing Folder) throws {
        guard universe.file != (try folder.read(UniverseFile.fileName, limit: UniverseFile.fileBytesLimit)) else { return }
        try folder.replace(UniverseFile.fileName, with: universe.file)
    }

    /// Compresses the code that does not run any more, and removes what no kept record needs. Where a journal cannot be read, all of it stays.
    private static func tidy(_ store: borrowing CodeStore, _ worlds: [World], _ universe: UniverseFile, _ path: String) throws {
        let running = worlds.flatMap { [$0.code.code] + $0.code.settling }
        try store.pack(allBut: running)
        var needed = running + universe.worlds.flatMap { [$0.given, $0.code] }.compactMap { $0.flatMap { CodeID($0) } }
        guard try store.codes().contains(where: { !needed.contains($0) }) else { return }
        do {
            for world in universe.worlds {
                guard isFolder("\(path)/worlds/\(world.name)/journal") else { continue }
                needed += try Journal.codeIDs(try FileStorage(folder: "\(path)/worlds/\(world.name)", creates: false)).compactMap { CodeID($0) }
            }
            try store.collect(needed: needed)
        } catch is JournalError {
            // The host of that world tells the damage.
        }
    }

    private static func listen(_ settings: Settings) throws -> [Listener.Box] {
        do {
            return try Listener.loopback(settings.address, port: settings.port, count: settings.edges)
        } catch {
            throw explanation(of: error, address: settings.address)
        }
    }

    private static func explanation(of error: SystemError, address: String) -> CommandFailure {
        guard error.isAddressNotLocal || error.isInvalid else {
            return CommandFailure("\(error)", remedy: "Choose another port with --port, or any free one with --port 0.")
        }
        return CommandFailure(
            "\(address) is not a loopback address, and connections are not encrypted yet",
            remedy: "Listen on 127.0.0.1 or ::1. To reach the server from elsewhere, forward a port through ssh.")
    }

    /// Ours, with these put in place of their namesakes.
    static func environment(adding additions: [String]) -> [String] {
        let names = additions.map { $0.prefix { $0 != "=" } }
        let kept = ProcessInfo.processInfo.environment.filter { name, _ in !names.contains { $0 == name } }
        return kept.map { "\($0)=\($1)" }.sorted() + additions
    }
}
