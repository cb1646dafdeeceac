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
        precondition(inner > 0 && inner <= outer, "the radii of sight are out of order")
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
        Parts(command: C.self, result: nil) { turn, reader, _, plan, _ throws(Refusal) in
            let command: C = try decode(&reader, plan)
            try C.run(command, &turn)
        }
    }

    @inlinable public static func buildExpression<C: Command>(_: C.Type) -> Parts where C.Result: Record {
        Parts(command: C.self, result: RowPlan(C.Result.self, rules: C.Result.fields)) { turn, reader, writer, plan, resultPlan throws(Refusal) in
            let command: C = try decode(&reader, plan)
            let result = try C.run(command, &turn)
            resultPlan?.encode(result, to: &writer)
        }
    }

    public static func buildExpression<Place: Component, Number: ScalarType>(_ sight: Sight<Place, Number>) -> Parts {
        Parts(register: [{ $0.add(sight: sight) }])
    }

    @inlinable @inline(__always)
    static func decode<C: Command>(_ reader: inout ByteReader, _ plan: RowPlan) throws(Refusal) -> C {
        var command = C()
        do throws(DecodeError) {
            try plan.decode(&reader, into: &command)
            try reader.expectEnd()
        } catch {
            throw Refusal(.invalid, "\(C.name): \(error)")
        }
        return command
    }
}

/// How a command is run from its bytes. The struct around the closure is there because arrays of bare closures over a noncopyable `inout`
/// crash this compiler.
@usableFromInline struct CommandEntry {
    @usableFromInline let run: (inout Turn, inout ByteReader, inout ByteWriter, RowPlan, RowPlan?) throws(Refusal) -> Void
    var name: String
    var plan: RowPlan
    var resultPlan: RowPlan?
    var hasRules: Bool
}

extension Parts {
    @usableFromInline init<C: Command>(
        command: C.Type, result: RowPlan?,
        run: @escaping (inout Turn, inout ByteReader, inout ByteWriter, RowPlan, RowPlan?) throws(Refusal) -> Void
    ) {
        register = [{ $0.add(command: C.self, result: result, run: run) }]
    }
}
