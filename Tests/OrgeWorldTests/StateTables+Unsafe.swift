@testable import OrgeWorld

/// Tables with the pool that they copy pages into.
@safe final class StateTables {
    let pool = UnsafeMutablePointer<PagePool>.allocate(capacity: 1)
    var entities: EntityTable
    var accounts: AccountTable
    var keys: KeyTable
    private(set) var epoch: UInt32 = 0

    init(limit: Int, seed: UInt64 = 1, resultBytes: Int = 16) {
        unsafe pool.initialize(to: PagePool())
        unsafe entities = EntityTable(world: 9, limit: limit, pool: pool)
        unsafe accounts = AccountTable(seed: seed, limit: limit, pool: pool)
        unsafe keys = KeyTable(KeyMemory(limit: limit, perAccount: limit), resultBytes: resultBytes, seed: seed, pool: pool)
    }

    func nextEpoch(byteLimit: Int = .max) -> UInt32 {
        epoch += 1
        unsafe pool.pointee.begin(byteLimit: byteLimit)
        return epoch
    }

    var copyCount: Int { unsafe pool.pointee.copyCount }

    func endImage() {
        entities.endImage()
        accounts.endImage()
        keys.endImage()
        unsafe pool.pointee.end()
    }

    deinit {
        entities.free()
        accounts.free()
        keys.free()
        unsafe pool.pointee.free()
        unsafe pool.deinitialize(count: 1)
        unsafe pool.deallocate()
    }
}
