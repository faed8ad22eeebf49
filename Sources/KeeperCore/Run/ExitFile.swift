import CLinux
import Glibc
import KeeperProtocol

/// The slot's `exit` file: its sector is written full of zeros before the run starts, so that a disk that is
/// full at the end cannot lose the record, and the record of the slot's last run is gone.
struct ExitFile {
    private let file: Int32

    /// Nil with errno set.
    init?(in slot: Int32) {
        file = clinux_openat(slot, SlotFiles.exit, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o640)
        guard file >= 0 else { return nil }
        let blanked = withUnsafeTemporaryAllocation(byteCount: ExitRecord.fileBytes, alignment: 8) { zeros in
            zeros.initializeMemory(as: UInt8.self, repeating: 0)
            return pwrite(file, zeros.baseAddress, zeros.count, 0) == zeros.count
        }
        guard blanked else {
            let failure = errno
            close(file)
            errno = failure
            return nil
        }
    }

    /// One write, which a reader of this machine sees from now on.
    func write(_ record: [UInt8]) -> Bool {
        pwrite(file, record, record.count, 0) == record.count
    }

    /// Until this the record would not survive a loss of power.
    func makeDurable() -> Bool { fdatasync(file) == 0 }
}
