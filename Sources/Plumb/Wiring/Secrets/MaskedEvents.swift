import Reconciler
import StatusAPI

extension RunEvent {
    /// What a workload had a probe, its status or a message say is stored and shown: no value of a secret
    /// goes that way.
    func masked(_ mask: @autoclosure () -> SecretMask) -> RunEvent {
        switch self {
        case .probeChanged(let run, let kind, let passing, let detail):
            .probeChanged(run, kind, passing: passing, detail: mask().masked(detail))
        case .probeFaltered(let run, let kind, let detail?):
            .probeFaltered(run, kind, detail: mask().masked(detail))
        case .notified(let run, let notice) where !notice.status.isEmpty:
            .notified(run, notice.saying(mask().masked(notice.status)))
        case .stopStepFailed(let run, let message):
            .stopStepFailed(run, message: mask().masked(message))
        case .unknown(let run, let reason): .unknown(run, reason: mask().masked(reason))
        case .found(let run, let finding) where !finding.message.isEmpty:
            .found(
                run,
                RunFinding(
                    kind: finding.kind, reason: finding.reason, message: mask().masked(finding.message)))
        default: self
        }
    }
}

extension RunNotice {
    fileprivate func saying(_ status: String) -> RunNotice {
        var notice = self
        notice.status = status
        return notice
    }
}
