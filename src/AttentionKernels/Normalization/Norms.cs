using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Normalization.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Normalization;

/// <summary>A call of a norm, as it is handed to the kernels of any format.</summary>
/// <param name="Device">The device.</param>
/// <param name="Format">The format.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Input">The input.</param>
/// <param name="Output">The output.</param>
/// <param name="Addend">What is added to the input first, in place.</param>
/// <param name="Scales">How the output is quantised, if it is.</param>
internal readonly record struct NormCall(
    AttentionDevice Device, NumberFormat Format, AcceleratorStream Stream, ArrayView<byte> Input, ArrayView<byte> Output,
    ArrayView<byte>? Addend = null, RowScales? Scales = null);

/// <summary>How the output of a norm is quantised.</summary>
/// <param name="Format">The format of its numbers, of a byte each.</param>
/// <param name="Found">[rows], where each row has its own scale, which is found; else empty.</param>
/// <param name="Given">Else the scale of all.</param>
internal readonly record struct RowScales(NumberFormat Format, ArrayView<float> Found, float Given);

/// <summary>A call of the gradient of a norm, as it is handed to the kernels of any format.</summary>
/// <param name="Device">The device.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Input">The input.</param>
/// <param name="OutputGradient">The gradient of the output.</param>
/// <param name="InputGradient">That of the input.</param>
/// <param name="WeightGradient">That of the weight; empty where it is not asked for.</param>
/// <param name="BiasGradient">That of the bias; empty where it is not asked for.</param>
internal readonly record struct NormBackwardCall(
    AttentionDevice Device, AcceleratorStream Stream, ArrayView<byte> Input, ArrayView<byte> OutputGradient, ArrayView<byte> InputGradient,
    ArrayView<float> WeightGradient, ArrayView<float> BiasGradient);

/// <summary>Which norm it is, with weights and biases or without; softmax looks at no moments, and has neither.</summary>
internal enum NormKind
{
    Rms,
    RmsFromOne,
    Layer,
    LayerWeighted,
    LayerAffine,
    Batch,
    BatchWeighted,
    BatchAffine,
    Group,
    GroupWeighted,
    GroupAffine,
    BatchGiven,
    BatchGivenWeighted,
    Softmax,
}

/// <summary>The kernels of a norm of a format.</summary>
internal abstract class Norms
{
    private static readonly (Type Center, Type Affine)[] _kinds =
    [
        (typeof(AboutZero), typeof(WeightOnly)), (typeof(AboutZero), typeof(WeightFromOne)),
        (typeof(AboutMean), typeof(NoAffine)), (typeof(AboutMean), typeof(WeightOnly)), (typeof(AboutMean), typeof(WeightAndBias)),
        (typeof(AboutExactMean), typeof(NoAffine)), (typeof(AboutExactMean), typeof(SharedWeight)),
        (typeof(AboutExactMean), typeof(SharedWeightAndBias)),
        (typeof(AboutMean), typeof(NoAffine)), (typeof(AboutMean), typeof(SharedWeight)), (typeof(AboutMean), typeof(SharedWeightAndBias)),
        (typeof(AboutRunningMean), typeof(NoAffine)), (typeof(AboutRunningMean), typeof(SharedWeight)),
        (typeof(AboutZero), typeof(NoAffine)),
    ];

    private static readonly FormatTable<Norms> _closed = new(_kinds.Length);

    /// <summary>Closes the types of the kernels, once.</summary>
    public static Norms Of(NumberFormat format, NormKind kind) => _closed[format, (int)kind] ??= Closed(format, kind);

    private static Norms Closed(NumberFormat format, NormKind kind)
    {
        Norms norms = ClosedTypes.Create<Norms>(
            typeof(NormModule<,,>.NormSet), [format.Type, _kinds[(int)kind].Center, _kinds[(int)kind].Affine]);
        norms.Kind = kind;
        return norms;
    }

    /// <summary>Which norm it is.</summary>
    protected NormKind Kind { get; private set; }

    /// <summary>Compiles what layer, RMS or group norm of at most such a size takes.</summary>
    public abstract void Load(AttentionDevice device, KernelSchedule schedule, NormSize size);

    /// <summary>Queues layer or RMS norm of some rows, quantised or not.</summary>
    public abstract void Run(in NormCall call, KernelSchedule? schedule, NormRows rows);

    /// <summary>Compiles the kernels of gradients of groups, or of rows, which are regular or begin anywhere.</summary>
    public abstract void LoadBackward(AttentionDevice device, KernelSchedule schedule, bool isByGroup, bool isRegular);

    /// <summary>Queues the gradients of layer or RMS norm.</summary>
    public abstract void RowsBackward(
        in NormBackwardCall call, KernelSchedule schedule, NormRows rows, FeatureSums sums, ArrayView<Standardization> standardizations);

    /// <summary>Queues the softmax of some rows.</summary>
    public abstract void Softmax(in NormCall call, KernelSchedule? schedule, NormRows rows);

    /// <summary>Queues batch norm by the batch.</summary>
    public abstract void Train(in NormCall call, KernelSchedule? schedule, NormChannels channels);

    /// <summary>Queues batch norm by running statistics.</summary>
    public abstract void Infer(in NormCall call, NormChannels channels);

    /// <summary>Queues the gradients of batch norm.</summary>
    public abstract void ChannelsBackward(in NormBackwardCall call, KernelSchedule? schedule, NormChannels channels);

    /// <summary>Queues the gradients of group norm.</summary>
    public abstract void GroupsBackward(in NormBackwardCall call, KernelSchedule schedule, NormChannels channels, FeatureSums sums);

    /// <summary>Queues group norm.</summary>
    public abstract void RunGroups(in NormCall call, KernelSchedule? schedule, NormChannels channels);
}
