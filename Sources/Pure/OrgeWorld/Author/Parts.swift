public import OrgeSchema

/// What a world is made of, listed in ``World/parts``.
public struct Parts {
    var register: [(inout Registry) -> Void]
}

/// Names the position component and how far a client sees from its avatar.
///
///     Sight(\Position.x, \Position.y, inner: 3_000, outer: 3_600)
public struct Sight<Place: Component, Number: ScalarType> {
    let x: KeyPath<Place, Number>
    let y: KeyPath<Place, Number>
    let inner: Double
    let outer: Double

    /// - Parameters:
    ///   - inner: distance at which rows come into view, in the fields' unit.
    ///   - outer: distance beyond which they leave it; at least `inner`, better a fifth more, so that nothing flickers on the border.
    public init(_ x: KeyPath<Place, Number>, _ y: KeyPath<Place, Number>, inner: Double, outer: Double) {
        demandOfAuthor(inner > 0 && inner <= outer, "the radii of sight are out of order")
        self.x = x
        self.y = y
        self.inner = inner
        self.outer = outer
    }
}

@resultBuilder
public enum PartsBuilder {
    public static func buildBlock(_ parts: Parts...) -> Parts { Parts(register: parts.flatMap(\.register)) }
    public static func buildExpression(_ parts: Parts) -> Parts { parts }

    public static func buildExpression<C: Component>(_: C.Type) -> Parts {
        Parts(register: [{ $0.add(component: C.self) }])
    }

    public static func buildExpression<I: Intent>(_: I.Type) -> Parts {
        Parts(register: [{ $0.add(intent: I.self) }])
    }

    public static func buildExpression<E: Event>(_: E.Type) -> Parts {
        Parts(register: [{ $0.add(event: E.self) }])
    }

    public static func buildExpression<S: System>(_: S.Type) -> Parts {
        Parts(register: [{ $0.add(system: S.self) }])
    }

    @inlinable public static func buildExpression<C: Command>(_: C.Type) -> Parts where C.Result == Void {
        Parts(command: C.self, result: nil) { turn, row, _, _ throws(Refusal) in try C.run(row.load(), &turn) }
    }

    @inlinable public static func buildExpression<C: Command>(_: C.Type) -> Parts where C.Result: Record {
        Parts(command: C.self, result: RowPlan(C.Result.self, rules: C.Result.fields)) { turn, row, writer, plan throws(Refusal) in
            let result = try C.run(row.load(), &turn)
            plan?.encode(result, to: &writer)
        }
    }

    @available(*, unavailable, message: "a command's `run` returns nothing, or a struct that conforms to Record")
    public static func buildExpression<C: Command>(_: C.Type) -> Parts { authorFault("\(C.self) answers \(C.Result.self)") }

    public static func buildExpression<Place: Component, Number: ScalarType>(_ sight: Sight<Place, Number>) -> Parts {
        Parts(register: [{ $0.add(sight: sight) }])
    }
}

/// Runs a command from its row in memory and writes its result. Specialised where the world lists its parts.
@usableFromInline typealias CommandRun = (inout Turn, RowMemory, inout ByteWriter, RowPlan?) throws(Refusal) -> Void

/// What the world knows of a kind of command. A class, so that reaching one copies nothing; and because arrays of bare closures over a
/// noncopyable `inout` crash this compiler.
final class CommandEntry {
    let run: CommandRun
    let name: String
    let plan: RowPlan
    let resultPlan: RowPlan?

    init(run: @escaping CommandRun, name: String, plan: RowPlan, resultPlan: RowPlan?) {
        self.run = run
        self.name = name
        self.plan = plan
        self.resultPlan = resultPlan
    }
}

extension Parts {
    @usableFromInline init<C: Command>(command: C.Type, result: RowPlan?, run: @escaping CommandRun) {
        register = [{ $0.add(command: C.self, result: result, run: run) }]
    }
}
