public import OrgeSchema

/// The components, intents, commands, events, systems and the sight of a world, listed in ``World/parts``.
public struct Parts {
    var register: [(inout Registry) -> Void]
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

extension Parts {
    @usableFromInline init<C: Command>(command: C.Type, result: RowPlan?, run: @escaping CommandRun) {
        register = [{ $0.add(command: C.self, result: result, run: run) }]
    }
}
