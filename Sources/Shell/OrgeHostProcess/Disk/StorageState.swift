/// Whether the disk takes records.
enum StorageState: Equatable {
    case works, full
    /// The world waits; why.
    case failing(String)
}
