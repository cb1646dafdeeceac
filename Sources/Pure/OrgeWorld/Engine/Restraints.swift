package import OrgeSchema

/// What of a world's systems does not run, because it failed.
package struct Restraints: Equatable, Sendable {
    /// An entity that a system does not visit.
    package struct SetAside: Equatable, Sendable {
        /// Index in order of registration.
        package var system: UInt16
        package var entity: Entity

        package init(system: UInt16, entity: Entity) {
            self.system = system
            self.entity = entity
        }
    }

    /// Indexes of systems that do not run, ascending.
    package private(set) var suspended: [UInt16] = []
    /// In the order in which they were set aside.
    package private(set) var setAside: [SetAside] = []

    package init() {}

    package var isEmpty: Bool { suspended.isEmpty && setAside.isEmpty }

    package func isSuspended(_ system: Int) -> Bool { suspended.contains { Int($0) == system } }
    package func setAsideCount(of system: UInt16) -> Int { setAside.count { $0.system == system } }

    /// The system runs no more; what was set aside for it does not matter then.
    package mutating func suspend(_ system: UInt16) {
        setAside.removeAll { $0.system == system }
        guard !suspended.contains(system) else { return }
        suspended.insert(system, at: suspended.firstIndex { $0 > system } ?? suspended.count)
    }

    /// The system runs again, and visits every entity.
    package mutating func lift(_ system: UInt16) {
        suspended.removeAll { $0 == system }
        setAside.removeAll { $0.system == system }
    }

    /// The system visits the entity no more. Nothing changes for a suspended one.
    package mutating func setAside(_ entity: Entity, for system: UInt16) {
        let entry = SetAside(system: system, entity: entity)
        if !setAside.contains(entry), !suspended.contains(system) { setAside.append(entry) }
    }
}
