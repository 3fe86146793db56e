using AttentionKernels.Devices;
using AttentionKernels.Drivers;
using AttentionKernels.Export;
using AttentionKernels.Launching;
using AttentionKernels.Streams;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// A tile kernel made ready for one device, by <see cref="KernelLoading.LoadTileKernel{TKernel, TArguments}"/>. It belongs to the
/// device and needs no disposal.
/// </summary>
/// <remarks>
/// May be run from several threads, each on a stream of its own. Memory of the arguments' views is taken to be written, so runs on several
/// streams over the same memory come one after the other; fields marked <see cref="KernelInputAttribute"/> are only read, and runs may read
/// at once.
/// </remarks>
/// <typeparam name="TKernel">The kernel.</typeparam>
/// <typeparam name="TArguments">Its arguments.</typeparam>
public sealed partial class TileKernel<TKernel, TArguments> : ILoadedTiles<TArguments>
    where TKernel : struct, ITileKernel<TArguments>
    where TArguments : struct
{
    // A GPU hides latency with many threads of short life; a processor wants one worker per core, and a few more so that uneven
    // tiles even out.
    private const int GpuGroupSize = 128;
    private const int MaximumGpuWorkers = 1 << 20;

    // A processor's worker takes tiles in runs, since neighbours often lie side by side in memory, and many runs, so that they even out.
    private const int RunsPerWorker = 32;

    private readonly AttentionDevice _device;
    private readonly Job? _job;
    private readonly Action<AcceleratorStream, KernelConfig, TArguments, ArrayView<float>, long, long, int>? _launch;

    internal TileKernel(AttentionDevice device)
    {
        KernelTypes.CheckVisible(typeof(TArguments));
        _device = device;
        if (device.Scheduler is { } scheduler)
            _job = new Job(scheduler);
        else
        {
            _launch = KernelCompilation.Load<Action<AcceleratorStream, KernelConfig, TArguments, ArrayView<float>, long, long, int>>(
                device, KernelTypes.Name(typeof(TKernel)), (Action<TArguments, ArrayView<float>, long, long, int>)Entry);
            LaunchWithoutTiles();
        }
    }

    /// <summary>Runs the kernel for the tiles 0 to <paramref name="tiles"/> − 1, in no fixed order.</summary>
    /// <param name="stream">The stream, of this device.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="tiles">How many tiles; none is legal.</param>
    public void Run(AcceleratorStream stream, TArguments arguments, long tiles) => Run(stream, arguments, tiles, default, 0);

    /// <summary>Runs the kernel for the tiles 0 to <paramref name="tiles"/> − 1, in no fixed order, with scratch memory per
    /// worker.</summary>
    /// <param name="stream">The stream, of this device.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="tiles">How many tiles; none is legal.</param>
    /// <param name="scratch">Device memory of at least <see cref="AttentionDevice.Workers"/> × <paramref name="scratchLength"/>
    /// elements.</param>
    /// <param name="scratchLength">Elements of scratch memory that one tile needs.</param>
    /// <exception cref="ArgumentException"><paramref name="scratch"/> is too short, or <paramref name="stream"/> is of another
    /// device.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tiles"/> or <paramref name="scratchLength"/> is negative.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the launch.</exception>
    /// <exception cref="InvalidOperationException">The caller is a tile of a running kernel, on the managed CPU.</exception>
    /// <exception cref="ObjectDisposedException">The device, the stream, or memory of a view in the arguments is disposed.</exception>
    public void Run(AcceleratorStream stream, TArguments arguments, long tiles, ArrayView<float> scratch, int scratchLength)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(tiles);
        ArgumentOutOfRangeException.ThrowIfNegative(scratchLength);
        DeviceChecks.Stream(_device, stream);
        if (scratch.Length < (long)_device.Workers * scratchLength)
        {
            throw new ArgumentException(
                $"The scratch memory has {scratch.Length} elements; {_device.Workers} workers × {scratchLength} are needed.",
                nameof(scratch));
        }

        if (tiles == 0)
            return;
        using StreamWork work = _device.Order.Begin(stream);
        work.UsesViews(arguments);
        work.UsesView(scratch, writes: true);
        work.Start();
        if (LaunchRecording.Of(_device) is { } recording)
            recording.Add(Recorded(arguments, tiles, scratch, scratchLength, _device.IsGpu || recording.IsForPtx));
        if (_job is not null)
            _job.Run(arguments, tiles, scratch, scratchLength);
        else
            Queue(stream, arguments, tiles, scratch, scratchLength);
    }

    // Drivers for processors compile a kernel to the end when it is first launched, for the size of its groups, and PoCL takes seconds: the
    // first launch is this one. Drivers for GPUs are done when the kernel is loaded.
    private void LaunchWithoutTiles()
    {
        if (_device.Description.Kind != DeviceKind.OpenClCpu)
            return;
        using AcceleratorStream stream = _device.Accelerator.CreateStream();
        using (StreamWork work = _device.Order.Begin(stream))
        {
            work.Start();
            lock (_device.Order.Queueing)
                _launch!(stream, new KernelConfig(1, 1), default, default, 0, 1, 0);
        }

        _device.Order.Of(stream).Wait();
    }

    private void Queue(AcceleratorStream stream, TArguments arguments, long tiles, ArrayView<float> scratch, int scratchLength)
    {
        (KernelConfig config, long run) = Cut(tiles, hasThreads: _device.IsGpu && scratchLength == 0);
        try
        {
            lock (_device.Order.Queueing)
                _launch!(stream, config, arguments, scratch, tiles, run, scratchLength);
        }
        catch (AcceleratorException exception)
        {
            throw DriverError.Failed($"The launch of {KernelTypes.Name(typeof(TKernel))}", exception);
        }
    }

    // The grid, and the tiles that a worker takes at a time.
    private (KernelConfig Config, long Run) Cut(long tiles, bool hasThreads) => hasThreads
        ? (new((int)((Math.Min(tiles, MaximumGpuWorkers) + GpuGroupSize - 1) / GpuGroupSize), GpuGroupSize), 1)
        : (new((int)Math.Min(tiles, _device.Workers), 1), Math.Max(1, tiles / ((long)_device.Workers * RunsPerWorker)));

    private RecordedLaunch Recorded(TArguments arguments, long tiles, ArrayView<float> scratch, int scratchLength, bool isGpu)
    {
        bool hasThreads = isGpu && scratchLength == 0;
        (KernelConfig config, long run) = Cut(tiles, hasThreads);
        string formula = hasThreads
            ? $"groups = ceil(min(tiles, {MaximumGpuWorkers}) / {GpuGroupSize})"
            : $"groups = min(tiles, {_device.Workers}), or any other number that scratch has room for";
        return new(
            KernelTypes.Name(typeof(TKernel)), ((Action<TArguments, ArrayView<float>, long, long, int>)Entry).Method,
            KernelCompilation.Compiled(_launch), new LaunchGrid(config.GridDim.X, config.GroupDim.X, tiles, formula),
            [arguments, scratch, tiles, run, scratchLength]);
    }

    internal static void Entry(TArguments arguments, ArrayView<float> scratch, long tiles, long run, int scratchLength)
    {
        // Nothing of the kernel may be computed then, and compilers move what does not change before the loop: a division by an argument
        // that is 0.
        if (tiles == 0)
            return;
        long worker = Grid.GlobalLinearIndex;
        long workers = (long)Grid.DimX * Group.DimX;
        ArrayView<float> own = scratch.SubView(scratchLength == 0 ? 0 : worker * scratchLength, scratchLength);

        // There and back: where the first tiles are the heavy ones, every worker gets its share of them.
        bool isWayBack = false;
        for (long first = 0; first * run < tiles; first += workers)
        {
            long start = (first + (isWayBack ? workers - 1 - worker : worker)) * run;
            isWayBack = !isWayBack;
            long end = Math.Min(start + run, tiles);
            for (long tile = start; tile < end; tile++)
                TKernel.Run(arguments, tile, own);
        }
    }
}
