using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>The meaning of an exception for the advice.</summary>
public static class Troubles
{
    /// <summary>The error of a step.</summary>
    public static StepError ToError(Step step, Exception e) => e switch
    {
        OperatorException known => new(known.Problem, known.Fix),
        SyscallException call => new(call.Message, TroubleFix.Of(step, Of(call.Errno))),
        _ => new("internal error: " + e.Message, TroubleFix.Defect),
    };

    /// <param name="errno">Number from errno(3).</param>
    public static Trouble Of(int errno) => errno switch
    {
        Errno.EIO or Errno.ENXIO or Errno.ENODATA or Errno.ETIMEDOUT or Errno.ENOMEDIUM or Errno.ESTALE => Trouble.Unreadable,
        Errno.ENOSPC or Errno.EDQUOT or Errno.EMLINK or Errno.EFBIG => Trouble.Full,
        Errno.EROFS => Trouble.ReadOnly,
        Errno.ENOMEM or Errno.ENOBUFS or Errno.EMFILE or Errno.ENFILE or Errno.EAGAIN => Trouble.NoMemory,
        Errno.EPERM or Errno.EACCES or Errno.ENOKEY or Errno.EKEYREJECTED => Trouble.Refused,
        Errno.ENODEV or Errno.ENOSYS or Errno.EOPNOTSUPP or Errno.ENOEXEC => Trouble.NoDriver,
        Errno.EINVAL or Errno.EUCLEAN or Errno.EBADMSG or Errno.EOVERFLOW => Trouble.Damaged,
        Errno.ENOENT or Errno.EEXIST or Errno.ENOTDIR or Errno.EISDIR or Errno.ELOOP or Errno.ENAMETOOLONG or Errno.ENOTEMPTY
            or Errno.EXDEV or Errno.ENOTBLK or Errno.EILSEQ => Trouble.InTheWay,
        Errno.EBUSY or Errno.ETXTBSY => Trouble.Busy,
        _ => Trouble.Other,
    };
}
