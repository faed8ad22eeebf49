import CLinux

/// How many programs look at the packets of a control group.
struct PacketFilters {
    let incoming: Int
    let outgoing: Int

    /// nil where the kernel does not say.
    init?(group: String) {
        incoming = Int(clinux_count_packet_filters(group, 0))
        outgoing = Int(clinux_count_packet_filters(group, 1))
        if incoming < 0 || outgoing < 0 { return nil }
    }
}
