using AttentionKernels.Timing;

namespace AttentionKernels.Problems;

/// <summary>What bounds the time of an operation that memory bounds.</summary>
internal enum Traffic
{
    /// <summary>It reads, and writes next to nothing.</summary>
    Read,

    /// <summary>It writes about as much as it reads.</summary>
    Copy,
}

/// <summary>What an operation has to do, whoever does it.</summary>
/// <param name="FloatingPointOperations">Its operations; 0 where nobody counts them.</param>
/// <param name="Bytes">The bytes that it reads and writes, each once.</param>
/// <param name="Traffic">Which of both it does.</param>
internal readonly record struct Work(double FloatingPointOperations, double Bytes, Traffic Traffic);

/// <summary>How far a result is from the oracle's, and how far rounding may lead.</summary>
internal readonly record struct Accuracy(double Error, double Bound)
{
    /// <summary>Whether the result is right. A NaN is not.</summary>
    public bool IsRight => Error <= Bound;
}

/// <summary>
/// A way to compute something made ready on a device: operands, as many copies as are wanted, and how to run and check it.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="exceedsCache">Whether copies of the operands are to be more than the cache holds.</param>
internal sealed class PreparedRow(AttentionDevice device, bool exceedsCache) : IDisposable
{
    /// <summary>More than the last cache of today's GPUs.</summary>
    private const long GpuCacheBytes = 256L << 20;

    /// <summary>
    /// Operands that would need more are so small that a cache has them for long: making copies would take longer than anything else.
    /// </summary>
    private const int MostCopies = 64;

    private readonly Stack<IDisposable> _owned = new();

    /// <summary>The device.</summary>
    public AttentionDevice Device => device;

    /// <summary>The bytes of its last cache.</summary>
    public long CacheBytes => IsGpu ? GpuCacheBytes : LastLevelCache.Bytes;

    /// <summary>How many copies of the operands there are.</summary>
    public int Copies { get; private set; } = 1;

    /// <summary>Whether runs on one copy after the other find none of them in the cache.</summary>
    public bool IsCold { get; private set; }

    /// <summary>Whether runs on one copy may find it there.</summary>
    public bool IsWarm => !IsCold || Copies > 1;

    /// <summary>What a run does.</summary>
    public Work Work { get; set; }

    /// <summary>What the time of a call of <see cref="Queue"/> is multiplied by: a call may be of many runs, or of a part of one.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>What a reader has to know of it, if anything.</summary>
    public string? Note { get; set; }

    /// <summary>Queues a run on a copy of the operands.</summary>
    public Action<int> Queue { get; set; } = _ => { };

    /// <summary>Runs on copy 0 and compares the result.</summary>
    public Func<Accuracy> Check { get; set; } = () => default;

    /// <summary>How the kernel uses the device, where it has a choice.</summary>
    public KernelSchedule? Schedule { get; set; }

    /// <summary>Device memory that is needed besides the operands.</summary>
    public long WorkspaceBytes { get; set; }

    /// <summary>Device memory of the copies of operands but for the first one's.</summary>
    public long BytesOfFurtherCopies { get; private set; }

    private bool IsGpu => device.Description.Kind is DeviceKind.Cuda or DeviceKind.OpenClGpu;

    /// <summary>The schedule of kernels that have no plan to choose one.</summary>
    public KernelSchedule PreferredSchedule => IsGpu ? KernelSchedule.Simt : KernelSchedule.Vector;

    /// <summary>Makes each copy of the operands.</summary>
    /// <param name="bytes">The bytes of a copy.</param>
    /// <param name="make">Makes one.</param>
    public T[] MakeCopies<T>(double bytes, Func<T> make)
    {
        int copies = LastLevelCache.CopiesToExceed(bytes, CacheBytes);
        IsCold = exceedsCache && copies <= MostCopies;
        Copies = IsCold ? copies : 1;
        T first = make();
        long before = device.AllocatedBytes;
        T[] all = [first, .. Enumerable.Range(1, Copies - 1).Select(_ => make())];
        BytesOfFurtherCopies = device.AllocatedBytes - before;
        return all;
    }

    /// <summary>Copies numbers to the device.</summary>
    public Tensor<T> Upload<T>(T[] elements, TensorShape shape)
        where T : unmanaged => Own(device.Upload(elements, shape));

    /// <summary>Takes something over, to be disposed with this.</summary>
    public T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Push(resource);
        return resource;
    }

    /// <summary>Runs on a copy and waits for the device.</summary>
    public void Run(int copy)
    {
        Queue(copy);
        device.Synchronize();
    }

    /// <summary>Times of runs by the device's own events; nothing where it has none.</summary>
    /// <param name="cache">Whether the runs take turns on the copies, or have the first one's operands each time.</param>
    public TimeSamples? TimesOnDevice(CacheState cache)
    {
        using DeviceTimer? timer = DeviceTimer.Of(device);
        return timer is null
            ? null
            : new TimeSamples(
            [
                .. Enumerable.Range(0, Turns.FewestTurns)
                    .Select(run => timer.Time(() => Queue(CopyOf(2 * run)), () => Queue(CopyOf((2 * run) + 1)))),
            ]);

        int CopyOf(int run) => cache == CacheState.Cold ? run % Copies : 0;
    }

    /// <summary>Frees everything, last made first.</summary>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? resource))
        {
            try
            {
                resource.Dispose();
            }
            catch (DeviceFailedException)
            {
                // The row has said what failed; its memory is freed, and what is left is to be freed too.
            }
        }
    }
}
