import OrgeHostProcess
import OrgeWorld

/// The world `tally` in versions that each fail in one way to migrate the first one's data. The program's file name says which.
@main enum Main {
    static func main() { WorldProgram.run(Tally.self) }

    /// What follows `tally-bad-`.
    static let fault = CommandLine.arguments[0].split(separator: "-").last ?? ""
}

enum Tally: World {
    static let name = "tally"
    static let version: UInt16 = 2
    static let pace = Pace.onDemand
    @PartsBuilder static var parts: Parts { Score.self }

    static var migrations: [WorldMigration] {
        let refuse = WorldMigration.step(before: 2) { _ throws(Refusal) in throw Refusal(.conflict, "there is too much of it") }
        return [.dropped("badge")] + (Main.fault == "refuse" ? [refuse] : [])
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        return try turn.spawn()
    }
}

struct Score: Component {
    var points: Int64 = 0

    static var fields: [FieldRule<Self>] { Main.fault == "rule" ? [.range(\.points, 0...3)] : [] }

    static var migrations: [Migration<Self>] {
        let conversion = Migration<Self>.converted("points", Int32.self, to: \.points) { convert($0) }
        return (Main.fault == "gap" ? [] : [.dropped("name")]) + (["trap", "loop", "rule", "random"].contains(Main.fault) ? [conversion] : [])
    }

    private static func convert(_ points: Int32) -> Int64 {
        if Main.fault == "trap" { fatalError("points of \(points)") }
        if Main.fault == "random" { return .random(in: 0..<1 << 60) }
        if Main.fault == "rule" { return Int64(points) * 100 }
        var number = Int64(points)
        while number | 1 != 0 { number |= 1 }
        return number
    }
}
