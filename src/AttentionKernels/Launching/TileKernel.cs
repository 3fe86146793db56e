using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// A tile kernel made ready for one device, by <see cref="AttentionDevice.LoadTileKernel{TKernel, TArguments}"/>. It belongs to the
/// device and needs no disposal.
/// </summary>
/// <typeparam name="TKernel">The kernel.</typeparam>
/// <typeparam name="TArguments">Its arguments.</typeparam>
public sealed class TileKernel<TKernel, TArguments>
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
    private readonly Launching.TileJob<TKernel, TArguments>? _job;
    private readonly Action<AcceleratorStream, KernelConfig, TArguments, ArrayView<float>, long, long, int>? _launch;

    internal TileKernel(AttentionDevice device)
    {
        Launching.KernelTypes.CheckVisible(typeof(TArguments));
        _device = device;
        if (device.Description.Kind == DeviceKind.Cpu)
            _job = new Launching.TileJob<TKernel, TArguments>();
        else
            _launch = device.Accelerator.LoadKernel<TArguments, ArrayView<float>, long, long, int>(Entry);
    }

    /// <summary>Runs the kernel for the tiles 0 to <paramref name="tiles"/> − 1, in no fixed order.</summary>
    /// <param name="stream">The stream, of this device.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="tiles">How many tiles; none is legal.</param>
    public void Run(AcceleratorStream stream, TArguments arguments, long tiles) => Run(stream, arguments, tiles, default, 0);

    /// <summary>Runs the kernel for the tiles 0 to <paramref name="tiles"/> − 1, in no fixed order, with scratch memory per worker.</summary>
    /// <param name="stream">The stream, of this device.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="tiles">How many tiles; none is legal.</param>
    /// <param name="scratch">Device memory of at least <see cref="AttentionDevice.Workers"/> × <paramref name="scratchLength"/> elements.</param>
    /// <param name="scratchLength">Elements of scratch memory that one tile needs.</param>
    /// <exception cref="ArgumentException"><paramref name="scratch"/> is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tiles"/> or <paramref name="scratchLength"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public void Run(AcceleratorStream stream, TArguments arguments, long tiles, ArrayView<float> scratch, int scratchLength)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(tiles);
        ArgumentOutOfRangeException.ThrowIfNegative(scratchLength);
        _device.ThrowIfDisposed();
        if (scratch.Length < (long)_device.Workers * scratchLength)
        {
            throw new ArgumentException(
                $"The scratch memory has {scratch.Length} elements; {_device.Workers} workers × {scratchLength} are needed.", nameof(scratch));
        }

        if (tiles == 0)
            return;
        if (_job is not null)
        {
            _job.Run(arguments, tiles, scratch, scratchLength);
        }
        else if (_device.IsGpu && scratchLength == 0)
        {
            long workers = Math.Min(tiles, MaximumGpuWorkers);
            _launch!(stream, new KernelConfig((int)((workers + GpuGroupSize - 1) / GpuGroupSize), GpuGroupSize), arguments, scratch, tiles, 1, 0);
        }
        else
        {
            long run = Math.Max(1, tiles / ((long)_device.Workers * RunsPerWorker));
            _launch!(stream, new KernelConfig((int)Math.Min(tiles, _device.Workers), 1), arguments, scratch, tiles, run, scratchLength);
        }
    }

    internal static void Entry(TArguments arguments, ArrayView<float> scratch, long tiles, long run, int scratchLength)
    {
        long worker = Grid.GlobalLinearIndex;
        long workers = (long)Grid.DimX * Group.DimX;
        ArrayView<float> own = scratch.SubView(scratchLength == 0 ? 0 : worker * scratchLength, scratchLength);

        // There and back: where the first tiles are the heavy ones, every worker gets its share of them.
        for (long first = 0; first * run < tiles; first += workers)
        {
            long start = (first + (first / workers % 2 == 0 ? worker : workers - 1 - worker)) * run;
            long end = Math.Min(start + run, tiles);
            for (long tile = start; tile < end; tile++)
                TKernel.Run(arguments, tile, own);
        }
    }
}
