package import OrgeSchema
import OrgeWire

/// What an audit said about a view.
package struct AuditReport: Equatable, Sendable {
    package struct Mismatch: Equatable, Sendable {
        package enum What: Equatable, Sendable {
            /// The world says that it must be in view.
            case missing
            /// It is in view and should not.
            case surplus
            /// The values differ.
            case different
        }

        package var what: What
        package var entity: Entity
        package var component: UInt16

        package init(what: What, entity: Entity, component: UInt16) {
            self.what = what
            self.entity = entity
            self.component = component
        }
    }

    package var request: UInt32
    package var tick: UInt64
    /// Rows in view.
    package var rowCount: Int
    package var mismatchCount: Int
    /// The first few of them.
    package var examples: [Mismatch]

    /// Examples kept: enough to see a pattern.
    static let exampleLimit = 16

    package init(request: UInt32, tick: UInt64, rowCount: Int, mismatchCount: Int, examples: [Mismatch]) {
        self.request = request
        self.tick = tick
        self.rowCount = rowCount
        self.mismatchCount = mismatchCount
        self.examples = examples
    }
}

/// Walks a view and the world's answer side by side; both rise by (entity, component).
struct AuditComparison {
    private let answer: [AuditRow]
    private var next = 0
    private(set) var report: AuditReport

    static func report(request: UInt32, tick: UInt64, answer: [AuditRow], view: borrowing ClientView) -> AuditReport {
        let blank = AuditReport(request: request, tick: tick, rowCount: view.rowCount, mismatchCount: 0, examples: [])
        var comparison = AuditComparison(answer: answer, report: blank)
        view.forEachRow { entity, component, row in comparison.seen(entity, component, row) }
        comparison.finish()
        return comparison.report
    }

    private init(answer: [AuditRow], report: AuditReport) {
        self.answer = answer
        self.report = report
    }

    private mutating func seen(_ entity: Entity, _ component: UInt16, _ row: ArraySlice<UInt8>) {
        while next < answer.count, (answer[next].entity, answer[next].component) < (entity, component) { skip() }
        guard next < answer.count, answer[next].entity == entity, answer[next].component == component else {
            return note(.surplus, entity, component)
        }
        if ValueHash.of(component: component, row: row) != answer[next].valueHash { note(.different, entity, component) }
        next += 1
    }

    private mutating func finish() {
        while next < answer.count { skip() }
    }

    /// A row of the answer that the view has not.
    private mutating func skip() {
        if answer[next].isInner { note(.missing, answer[next].entity, answer[next].component) }
        next += 1
    }

    private mutating func note(_ what: AuditReport.Mismatch.What, _ entity: Entity, _ component: UInt16) {
        report.mismatchCount += 1
        if report.examples.count < AuditReport.exampleLimit {
            report.examples.append(AuditReport.Mismatch(what: what, entity: entity, component: component))
        }
    }
}
