using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.Linear.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Linear;

/// <summary>A call of a linear layer, as it is handed to the kernels of any formats.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Input">[tokens, columns].</param>
/// <param name="Weight">[rows, columns].</param>
/// <param name="Bias">[rows]; empty where there is none.</param>
/// <param name="Output">[tokens, rows].</param>
internal readonly record struct LinearCall(
    AcceleratorStream Stream, ArrayView<byte> Input, ArrayView<byte> Weight, ArrayView<float> Bias, ArrayView<byte> Output);

/// <summary>The kernels of linear layers whose activations and weights have some formats.</summary>
internal abstract class LinearLayers
{
    private static readonly FormatTable<FormatTable<LinearLayers>> _closed = new(1);

    /// <summary>Closes the types of the kernels, once.</summary>
    public static LinearLayers Of(NumberFormat activation, NumberFormat weight)
    {
        FormatTable<LinearLayers> weights = _closed[activation, 0] ??= new(1);
        return weights[weight, 0] ??= ClosedTypes.Create<LinearLayers>(typeof(LinearModule<,>.LinearSet), [activation.Type, weight.Type]);
    }

    /// <summary>The kernels of a device's schedule, or of one that is forced.</summary>
    public LinearKernels On(AttentionDevice device, KernelSchedule? schedule) =>
        ScheduleChoice.Resolve(device, schedule, LinearTileSizes.Threads, LinearTileSizes.SharedMemory) == KernelSchedule.Simt
            ? Simt(device)
            : Vector(device);

    /// <summary>Those of the Simt schedule.</summary>
    protected abstract LinearKernels Simt(AttentionDevice device);

    /// <summary>Those of the Vector schedule.</summary>
    protected abstract LinearKernels Vector(AttentionDevice device);
}

/// <summary>The kernels of a linear layer on a device, each compiled when it is first needed.</summary>
internal abstract class LinearKernels
{
    /// <summary>The schedule.</summary>
    public abstract KernelSchedule Schedule { get; }

    /// <summary>Compiles what runs of at most so many tokens take, and allocates their scratch memory.</summary>
    public abstract void Prepare(LinearSizes most);

    /// <summary>What such runs take, and why, a line each.</summary>
    public abstract IEnumerable<string> Explain(LinearSizes most);

    /// <summary>Queues the kernel for so many tokens; all is checked.</summary>
    public abstract void Run(in LinearCall call, LinearSizes sizes);
}
