//! System calls that a web server behind a broker never makes. Each is answered "not permitted" from then on.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::io::ErrorKind;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

use super::state::{ConfineError, State};

/// To run a program, look into another process, change the system, load code into the kernel, leave a sandbox; and
/// interfaces of the kernel that are often broken and that nothing here uses.
const NEVER: [libc::c_long; 45] = [
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fsconfig,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_open_by_handle_at,
    libc::SYS_memfd_create,
    libc::SYS_personality,
];

const WRITE: u64 = libc::PROT_WRITE.cast_unsigned() as u64;
const EXECUTE: u64 = libc::PROT_EXEC.cast_unsigned() as u64;

/// Closes these calls to this thread and all others of the process.
pub(crate) fn confine() -> Result<State, ConfineError> {
    match filter()? {
        Some(filter) => match seccompiler::apply_filter_all_threads(&filter) {
            Ok(()) => Ok(State::Full),
            Err(error) if is_unknown(&error) => Ok(State::Unknown),
            Err(error) => Err(ConfineError::new(&error)),
        },
        None => Ok(State::Unknown),
    }
}

/// Tells whether this kernel has such filters.
pub(crate) fn probe() -> State {
    let has = std::fs::exists("/proc/sys/kernel/seccomp/actions_avail").unwrap_or(false);
    if has && TargetArch::try_from(ARCH).is_ok() { State::Full } else { State::Unknown }
}

fn is_unknown(error: &seccompiler::Error) -> bool {
    match error {
        seccompiler::Error::Seccomp(error) | seccompiler::Error::Prctl(error) => {
            // Or a filter around this process does not let it.
            matches!(
                error.kind(),
                ErrorKind::Unsupported | ErrorKind::InvalidInput | ErrorKind::PermissionDenied
            )
        }
        _ => false,
    }
}

/// The filter; `None` for a kind of processor that it cannot be written for.
fn filter() -> Result<Option<BpfProgram>, ConfineError> {
    let Ok(arch) = TargetArch::try_from(ARCH) else { return Ok(None) };
    let made = rules().and_then(|rules| {
        let denied = SeccompAction::Errno(libc::EPERM.cast_unsigned());
        SeccompFilter::new(rules, SeccompAction::Allow, denied, arch)?.try_into()
    });
    made.map(Some).map_err(|error| ConfineError::new(&error))
}

fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        NEVER.into_iter().map(|call| (call, Vec::new())).collect();
    // No memory that can be written and run.
    let both = WRITE | EXECUTE;
    rules.insert(libc::SYS_mmap, vec![protection(both)?]);
    for call in [libc::SYS_mprotect, libc::SYS_pkey_mprotect] {
        rules.insert(call, vec![protection(EXECUTE)?]);
    }
    Ok(rules)
}

/// The rule for calls whose third argument has all these bits.
fn protection(bits: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    let has = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(bits), bits)?;
    SeccompRule::new(vec![has])
}
