import OrgeHost
import OrgeJournal
import OrgeSchema
import OrgeSystem

/// A recovered host and the folder that it has locked.
struct Started: ~Copyable {
    var host: StartedHost
    let folder: Folder
    let schema: WorldSchema
    let storage: any JournalStorage
    /// What the start has found after the last whole record.
    let droppedBytes: Int
    let droppedTick: UInt64
}

/// What the parts of a start share.
struct Starting {
    let control: ControlLink
    let reports: StartReports
    let calls: DiskCalls

    init(_ control: ControlLink) {
        self.control = control
        reports = StartReports(control)
        calls = DiskCalls(reports)
    }

    /// The recovery of the world has got further.
    func gotOn(_ step: StartStep) {
        switch step {
        case .amending: CrashPoint.beforeAmendment.pass()
        case .amended: CrashPoint.afterAmendment.pass()
        case .ran, .restored: break
        }
        reports.progress()
    }
}
