using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.Linear.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Linear;

/// <summary>A call of a linear layer, as it is handed to the kernels of any format.</summary>
/// <param name="Device">The device.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Input">[tokens, columns].</param>
/// <param name="Weight">[rows, columns].</param>
/// <param name="Bias">[rows]; empty where there is none.</param>
/// <param name="Output">[tokens, rows].</param>
internal readonly record struct LinearCall(
    AttentionDevice Device, AcceleratorStream Stream, ArrayView<StoredFp32> Input, ArrayView<byte> Weight, ArrayView<float> Bias,
    ArrayView<float> Output);

/// <summary>The kernels of linear layers whose weights have a format.</summary>
internal abstract class LinearLayers
{
    private static readonly FormatTable<LinearLayers> _closed = new(1);

    /// <summary>Closes the types of the kernels, once.</summary>
    public static LinearLayers Of(NumberFormat format) => _closed[format, 0] ??= ClosedTypes.Create<LinearLayers>(
        typeof(LinearModule<>.LinearSet), [format.Type]);

    /// <summary>Queues the kernel of the device.</summary>
    public abstract void Run(in LinearCall call, KernelSchedule? schedule, LinearSizes sizes);
}
