import FoundationEssentials
import OrgeSystem

/// DIR/universe.json: which worlds live here, the number each got when it first came, and which code runs it.
///
/// A world's number is part of every entity's id (14 bits), so it never changes and is never given again.
struct UniverseFile: Codable, Equatable {
    struct World: Codable, Equatable {
        var number: UInt16
        var name: String
        /// SHA-256 of the executable that `serve` was last given for it.
        var given: String?
        /// SHA-256 of the code in charge: it runs when the same executable is given again, and when a dead host is started again.
        var code: String?
    }

    static let fileName = "universe.json"
    static let formatVersion = 2
    /// 0 is left free: an id of nothing but zeros names no entity.
    static let numbers: ClosedRange<UInt16> = 1...16_383
    /// 16,383 worlds with names of 64 bytes are well below it.
    static let fileBytesLimit = 4_194_304

    var format = formatVersion
    var worlds: [World] = []

    /// The world's number, a new one when it comes for the first time.
    mutating func number(of name: String) throws(CommandFailure) -> UInt16 {
        if let world = worlds.first(where: { $0.name == name }) { return world.number }
        let last = worlds.map(\.number).max() ?? 0
        guard last < Self.numbers.upperBound else {
            throw CommandFailure("the universe has given out all its \(last) world numbers", remedy: "Serve the world \(name) from another data folder.")
        }
        worlds.append(World(number: last + 1, name: name))
        return last + 1
    }

    /// The world's entry.
    /// - Precondition: it has a number.
    subscript(name: String) -> World {
        get { worlds[place(of: name)] }
        set { worlds[place(of: name)] = newValue }
    }

    private func place(of name: String) -> Int {
        guard let place = worlds.firstIndex(where: { $0.name == name }) else { preconditionFailure("the world \(name) has no number") }
        return place
    }

    init() {}

    /// Reads DIR/universe.json; an empty universe where there is none.
    init(in folder: borrowing Folder) throws {
        guard let bytes = try folder.read(Self.fileName, limit: Self.fileBytesLimit) else {
            self.init()
            return
        }
        try self.init(bytes, path: "\(folder.path)/\(Self.fileName)")
    }

    /// - Parameter path: of the file, for messages.
    init(_ bytes: [UInt8], path: String) throws(CommandFailure) {
        do {
            self = try JSONDecoder().decode(UniverseFile.self, from: Data(bytes))
        } catch {
            throw CommandFailure("\(path) is damaged: it is not what Orge wrote", remedy: Self.remedy)
        }
        guard format == Self.formatVersion else {
            let cause = "\(path) has format \(format), and this Orge reads format \(Self.formatVersion)"
            throw CommandFailure(cause, remedy: "Serve it with the Orge that wrote it.")
        }
        for (index, world) in worlds.enumerated() {
            guard [world.given, world.code].allSatisfy({ $0.map { CodeID($0) != nil } ?? true }) else {
                throw CommandFailure("\(path) is damaged at the code of the world \"\(world.name)\"", remedy: Self.remedy)
            }
            let isUnique = !worlds[..<index].contains { $0.number == world.number || $0.name == world.name }
            guard isUnique, Self.numbers.contains(world.number), WorldDescription.isName(world.name) else {
                throw CommandFailure("\(path) is damaged at the world \"\(world.name)\", number \(world.number)", remedy: Self.remedy)
            }
        }
    }

    private static let remedy = "Restore the file from a copy: the numbers in it are part of the ids in every world's state."

    var file: [UInt8] {
        let lines = worlds.map { world in
            var members: [(String, JSONValue)] = [("number", .integer(Int(world.number))), ("name", .string(world.name))]
            if let given = world.given { members.append(("given", .string(given))) }
            if let code = world.code { members.append(("code", .string(code))) }
            return "    " + JSONValue.object(members).text
        }
        return Array("{\n  \"format\": \(format),\n  \"worlds\": [\n\(lines.joined(separator: ",\n"))\n  ]\n}\n".utf8)
    }
}
