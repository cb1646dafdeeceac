import OrgeSchema
import OrgeSession

extension ClientSession {
    /// Rows in view; nil without one.
    var viewCount: Int? {
        switch view {
        case .some(let view): view.rowCount
        case .none: nil
        }
    }

    func eachRow(_ visit: (Entity, UInt16, ArraySlice<UInt8>) -> Void) {
        switch view {
        case .some(let view): view.forEachRow(visit)
        case .none: break
        }
    }
}
