public import OrgeSchema

/// The components, intents, commands, events, systems and the sight of a world, listed in ``World/parts``.
public struct Parts {
    /// In the order of the list.
    var entries: [Entry]

    /// One part. A class, because this compiler crashes on arrays of closures that throw a type of their own.
    final class Entry {
        /// Where it is listed.
        let site: DeclarationSite
        let add: (inout Registry) throws(AuthorFault) -> Void

        init(_ site: DeclarationSite, _ add: @escaping (inout Registry) throws(AuthorFault) -> Void) {
            self.site = site
            self.add = add
        }
    }
}

/// Makes ``Parts`` from a list of types, one a line, and of one ``Sight``.
@resultBuilder
public enum PartsBuilder {
    public static func buildBlock(_ parts: Parts...) -> Parts { Parts(entries: parts.flatMap(\.entries)) }
    public static func buildExpression(_ parts: Parts) -> Parts { parts }

    public static func buildExpression<C: Component>(_: C.Type, fileID: StaticString = #fileID, line: UInt = #line) -> Parts {
        Parts(DeclarationSite(fileID: fileID, line: line)) { registry throws(AuthorFault) in try registry.add(component: C.self) }
    }

    public static func buildExpression<I: Intent>(_: I.Type, fileID: StaticString = #fileID, line: UInt = #line) -> Parts {
        Parts(DeclarationSite(fileID: fileID, line: line)) { registry throws(AuthorFault) in try registry.add(intent: I.self) }
    }

    public static func buildExpression<E: Event>(_: E.Type, fileID: StaticString = #fileID, line: UInt = #line) -> Parts {
        Parts(DeclarationSite(fileID: fileID, line: line)) { registry throws(AuthorFault) in try registry.add(event: E.self) }
    }

    public static func buildExpression<S: System>(_: S.Type, fileID: StaticString = #fileID, line: UInt = #line) -> Parts {
        Parts(DeclarationSite(fileID: fileID, line: line)) { registry throws(AuthorFault) in try registry.add(system: S.self) }
    }

    @inlinable public static func buildExpression<C: Command>(
        _: C.Type, fileID: StaticString = #fileID, line: UInt = #line
    ) -> Parts where C.Result == Void {
        Parts(DeclarationSite(fileID: fileID, line: line), command: C.self, result: { nil }) { turn, row, _, _ throws(Refusal) in try C.run(row.load(), &turn) }
    }

    @inlinable public static func buildExpression<C: Command>(
        _: C.Type, fileID: StaticString = #fileID, line: UInt = #line
    ) -> Parts where C.Result: Record {
        let result: ResultPlan = { () throws(AuthorFault) in try RowPlan(checking: C.Result.self, rules: C.Result.fields) }
        return Parts(DeclarationSite(fileID: fileID, line: line), command: C.self, result: result) { turn, row, writer, plan throws(Refusal) in
            let result = try C.run(row.load(), &turn)
            plan?.encode(result, to: &writer)
        }
    }

    public static func buildExpression<Place: Component, Number: CoordinateType>(
        _ sight: Sight<Place, Number>, fileID: StaticString = #fileID, line: UInt = #line
    ) -> Parts {
        Parts(DeclarationSite(fileID: fileID, line: line)) { registry throws(AuthorFault) in try registry.add(sight: sight) }
    }
}

/// Plans a command's result; nil where it has none.
@usableFromInline typealias ResultPlan = () throws(AuthorFault) -> RowPlan?

extension Parts {
    init(_ site: DeclarationSite, _ add: @escaping (inout Registry) throws(AuthorFault) -> Void) {
        entries = [Entry(site, add)]
    }

    @usableFromInline init<C: Command>(_ site: DeclarationSite, command: C.Type, result: @escaping ResultPlan, run: @escaping CommandRun) {
        self.init(site) { registry throws(AuthorFault) in try registry.add(command: C.self, result: try result(), run: run) }
    }
}
