/// Connections that have not logged in, in the order in which they came.
///
/// Who logs in or goes is not taken out at once but passed over when the oldest is looked for, so that neither costs a search.
struct Strangers {
    private var queue = ContiguousArray<ConnectionID>()
    /// Those before it are none any more.
    private var head = 0

    /// - Parameter isStranger: whether a connection that came earlier still is one.
    mutating func append(_ id: ConnectionID, _ isStranger: (ConnectionID) -> Bool) {
        queue.append(id)
        guard queue.count > 4 * EdgeLimits.strangers else { return }
        queue = ContiguousArray(queue[head...].filter(isStranger))
        head = 0
    }

    /// Takes the oldest one out.
    mutating func takeOldest(_ isStranger: (ConnectionID) -> Bool) -> ConnectionID? {
        while head < queue.count {
            let id = queue[head]
            head += 1
            if isStranger(id) { return id }
        }
        return nil
    }
}
