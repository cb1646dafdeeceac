import OrgeControl
import OrgeSchema

/// What a command line asks for.
enum ProgramMode: Equatable {
    case help(String)
    case describe
    /// The schema document, for `orge`, which compares two versions of a world.
    case schema
    case host(HostOptions)
    case examine(ExamineOptions)
    case fast(FastOptions)
    /// The world's declaration, with every mistake in it.
    case check(isJSON: Bool)
    case replay(folder: String, isJSON: Bool)
    /// How data of an earlier schema becomes the world's own; `schema` is a file with the document in hexadecimal digits.
    case migration(schema: String, isJSON: Bool)
    /// For `orge replay`.
    case stretch(StretchOptions)
}

/// The supervisor's part of the command line; `OrgeControl` has the contract.
struct HostOptions: Equatable {
    var folder = ""
    var number: UInt16 = 1
    /// nil when started by hand.
    var control: Int32?
    var lifeline: Int32?
    /// Of the flight recorder's memory, and this process's name in it.
    var flight: Int32?
    var run: UInt64 = 1
    /// What ended the host before.
    var blame: Blame?
    /// Of the control channel, as the supervisor speaks it.
    var controlVersion: UInt16?
    /// SHA-256 of the executable, from the supervisor, which has checked it; nil when started by hand.
    var code: String?
    /// Ends once the first stretch of the tail is run and an image of its end is written.
    var settles = false
    /// Migrates data of an earlier schema, as the operator has been shown.
    var migrates = false
    /// Whether segments stay that no image needs, so that `--replay` begins at the beginning.
    var keepsHistory = true
    /// Of ``HostTuning``.
    var lingerSeconds = HostTuning.defaultLingerSeconds
    /// nil: as many as the state has.
    var imagePoolBytes: Int?
    var diskFloorMebibytes = HostTuning.defaultDiskFloorMebibytes
}

/// The supervisor's part of the command line of an examination.
struct ExamineOptions: Equatable {
    var folder = ""
    var number: UInt16 = 1
    var lifeline: Int32?
    var flight: Int32?
    var run: UInt64 = 1
    var blame: Blame
}

/// A run with generated commands.
struct FastOptions: Equatable {
    var ticks = 0
    /// Of the world and of the script.
    var seed: UInt64 = 1
    /// As `CommandGenerator.drawsBoundaries`.
    var drawsBoundaries = false
    /// Names of commands that are not drawn.
    var without: [String] = []
    /// The rest is for `orge check`: where each tick's inputs and hash are written; nil for none.
    var trace: Int32?
    /// Of the flight recorder's memory, and this process's name in it.
    var flight: Int32?
    var run: UInt64 = 1
}

struct Arguments {
    private var words: ArraySlice<String>
    private let program: String
    /// As it was called: what `orge serve` needs.
    private let path: String
    private var padding: String { String(repeating: " ", count: program.utf8.count) }

    init(_ words: [String]) {
        path = words.first ?? "world"
        program = String(path.split(separator: "/").last ?? "world")
        self.words = words.dropFirst()
    }

    mutating func mode() throws(ProgramFailure) -> ProgramMode {
        switch words.popFirst() {
        case "describe" where words.first == "--schema": return .schema
        case "describe", "--version": return .describe
        case "host": return .host(try hostOptions())
        case "examine": return .examine(try examineOptions())
        case "stretch": return .stretch(try stretch())
        case "--fast": return try fast()
        case "--replay": return try replay()
        case "--check": return try check()
        case "--migration": return try migration()
        case nil: throw usage
        case "--help", "-h", "help": return .help(usage.message)
        case let word?: throw ProgramFailure(message: "\(word) is not understood\n\(usage.message)", code: 2)
        }
    }

    private mutating func hostOptions() throws(ProgramFailure) -> HostOptions {
        var options = HostOptions()
        while let word = words.popFirst() {
            switch word {
            case "--data": options.folder = try value(of: word)
            case "--name": _ = try value(of: word)
            case "--number": options.number = try number(of: word)
            case "--control-fd": options.control = try number(of: word)
            case "--lifeline-fd": options.lifeline = try number(of: word)
            case "--control-version": options.controlVersion = try number(of: word)
            case "--code": options.code = try code(of: word)
            case "--settle": options.settles = true
            case "--migrate": options.migrates = true
            case "--flight-fd": options.flight = try number(of: word)
            case "--flight-run": options.run = try number(of: word)
            case "--blame": options.blame = try blame(of: word)
            case "--forget-history": options.keepsHistory = false
            case "--linger-seconds": options.lingerSeconds = try number(of: word, in: HostTuning.lingerSeconds)
            case "--image-pool-bytes": options.imagePoolBytes = try number(of: word, in: HostTuning.imagePoolBytes)
            case "--disk-floor-mib": options.diskFloorMebibytes = try number(of: word, in: HostTuning.diskFloorMebibytes)
            default: throw usage
            }
        }
        guard !options.folder.isEmpty, (1..<1 << 14).contains(options.number) else { throw usage }
        if options.control != nil, let why = ControlFrame.refusal(ofSupervisor: options.controlVersion) { throw ProgramFailure(message: why) }
        return options
    }

    private mutating func examineOptions() throws(ProgramFailure) -> ExamineOptions {
        var options = ExamineOptions(blame: Blame(entry: FlightEntry(), cause: .memory))
        var isBlamed = false
        while let word = words.popFirst() {
            switch word {
            case "--data": options.folder = try value(of: word)
            case "--number": options.number = try number(of: word)
            case "--lifeline-fd": options.lifeline = try number(of: word)
            case "--flight-fd": options.flight = try number(of: word)
            case "--flight-run": options.run = try number(of: word)
            case "--blame":
                options.blame = try blame(of: word)
                isBlamed = true
            default: throw usage
            }
        }
        guard !options.folder.isEmpty, isBlamed else { throw usage }
        return options
    }

    private mutating func blame(of word: String) throws(ProgramFailure) -> Blame {
        guard let blame = Blame(argument: try value(of: word)) else { throw ProgramFailure(message: "\(word) is not what a supervisor says", code: 2) }
        return blame
    }

    private mutating func stretch() throws(ProgramFailure) -> StretchOptions {
        var options = StretchOptions()
        while let word = words.popFirst() {
            switch word {
            case "--data": options.folder = try value(of: word)
            case "--after": options.after = try number(of: word)
            case "--through": options.through = try number(of: word)
            case "--migrated-hash": options.migratedHash = try number(of: word)
            case "--image-from": options.imageFrom = try value(of: word)
            case "--image-to": options.imageTo = try value(of: word)
            default: throw usage
            }
        }
        guard !options.folder.isEmpty, options.after <= options.through else { throw usage }
        return options
    }

    private mutating func fast() throws(ProgramFailure) -> ProgramMode {
        var options = FastOptions(ticks: try number(of: "--fast"))
        while let word = words.popFirst() {
            switch word {
            case "--script": options.seed = try number(of: word)
            case "--boundaries": options.drawsBoundaries = true
            case "--without": options.without.append(try value(of: word))
            case "--trace-fd": options.trace = try number(of: word)
            case "--flight-fd": options.flight = try number(of: word)
            case "--flight-run": options.run = try number(of: word)
            default: throw usage
            }
        }
        guard options.ticks >= 0 else { throw usage }
        return .fast(options)
    }

    private mutating func check() throws(ProgramFailure) -> ProgramMode {
        var isJSON = false
        while let word = words.popFirst() {
            guard word == "--json" else { throw usage }
            isJSON = true
        }
        return .check(isJSON: isJSON)
    }

    private mutating func migration() throws(ProgramFailure) -> ProgramMode {
        let schema = try value(of: "--migration")
        var isJSON = false
        while let word = words.popFirst() {
            guard word == "--json" else { throw usage }
            isJSON = true
        }
        return .migration(schema: schema, isJSON: isJSON)
    }

    private mutating func replay() throws(ProgramFailure) -> ProgramMode {
        let folder = try value(of: "--replay")
        var isJSON = false
        while let word = words.popFirst() {
            guard word == "--json" else { throw usage }
            isJSON = true
        }
        return .replay(folder: folder, isJSON: isJSON)
    }

    private mutating func value(of word: String) throws(ProgramFailure) -> String {
        guard let value = words.popFirst() else { throw ProgramFailure(message: "\(word) needs a value", code: 2) }
        return value
    }

    private mutating func code(of word: String) throws(ProgramFailure) -> String {
        let text = try value(of: word)
        let isDigest = text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard isDigest else { throw ProgramFailure(message: "\(word) needs 64 hexadecimal digits", code: 2) }
        return text
    }

    private mutating func number(of word: String, in range: ClosedRange<Int>) throws(ProgramFailure) -> Int {
        let number: Int = try number(of: word)
        guard range.contains(number) else { throw ProgramFailure(message: "\(word): \(number) is not in \(range)", code: 2) }
        return number
    }

    private mutating func number<Number: FixedWidthInteger>(of word: String) throws(ProgramFailure) -> Number {
        let text = try value(of: word)
        guard let number = Number(text) else { throw ProgramFailure(message: "\(word) needs a number, not \(text)", code: 2) }
        return number
    }

    private var usage: ProgramFailure {
        ProgramFailure(
            message: """
                A world for `orge serve --world \(path.contains("/") ? path : "$(command -v \(path))") --data DIR`. By itself it does:
                  \(program) --check [--json]              look through the world's declaration: print it, or every mistake in it
                  \(program) --fast TICKS [--script SEED]  run so many ticks with generated commands; the last word is the state hash
                  \(padding) [--boundaries]               with boundary values of the fields among them,
                  \(padding) [--without COMMAND]…         and without these commands
                  \(program) --replay DIR [--json]         run the journal in DIR again, check every hash, print every outcome;
                  \(padding)                               DIR is a server's data folder or DATA/worlds/NAME in it
                  \(program) --migration FILE [--json]    how data of the schema in FILE becomes this world's: `describe --schema` of the
                  \(padding)                               executable that made the data prints such a file
                  \(program) describe | --version          print name and version (describe --schema: its schema, for orge)
                """, code: 2)
    }
}
