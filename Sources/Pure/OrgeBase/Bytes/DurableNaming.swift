/// Gives a written file its name, so that after a crash the name stands for the whole file or for what it stood for before, never for a part.
///
/// The order of the calls makes it so:
/// 1. the file's bytes and length are synced: a name that became durable before them could stand for zeros or a torn file;
/// 2. the file is renamed, which replaces a file of that name in one step;
/// 3. the folder is synced. A crash before this has returned keeps either name; after it, the new one.
///
/// - Throws: what the first call that fails throws; the calls after it are not made. The file then has its temporary name, or, when only the third call
///   failed, possibly the new one.
package func nameDurably<Failure: Error>(
    syncFile: () throws(Failure) -> Void, rename: () throws(Failure) -> Void, syncFolder: () throws(Failure) -> Void
) throws(Failure) {
    try syncFile()
    try rename()
    try syncFolder()
}
