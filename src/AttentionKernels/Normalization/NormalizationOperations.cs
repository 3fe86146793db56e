using AttentionKernels.Devices;
using AttentionKernels.MicroKernels;
using AttentionKernels.Normalization.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Layer, RMS and batch norm on a device.</summary>
public static partial class NormalizationOperations
{
    /// <summary>y = x / √(mean(x²) + ε) · w over the last dimension. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">[…, hidden]: dense, or of rank 2 with a free row stride.</param>
    /// <param name="weight">[hidden].</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps an
    /// output; or ε is out of range.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void RmsNorm(
        this AttentionDevice device, TensorView<float> input, TensorView<float> weight, TensorView<float> output,
        float epsilon = 1e-5f, KernelSchedule? schedule = null, AcceleratorStream? stream = null)
    {
        (RowNormArguments arguments, long rows) = CheckRows(device, input, output, epsilon);
        arguments.Weight = Features(device, weight, arguments.Hidden, nameof(weight), output);
        arguments.Bias = arguments.Weight;
        AcceleratorStream target = DeviceChecks.Stream(device, stream);
        RowNormModule<AboutZero, WeightOnly>.Run(device, schedule, target, arguments, rows);
    }

    /// <summary>y = (x − mean(x)) / √(var(x) + ε) · w + b over the last dimension, with the biased variance. Queues the
    /// computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">[…, hidden]: dense, or of rank 2 with a free row stride.</param>
    /// <param name="weight">[hidden]; 1 where <see langword="null"/>.</param>
    /// <param name="bias">[hidden]; 0 where <see langword="null"/>. A bias needs a weight.</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps an
    /// output; or ε is out of range.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void LayerNorm(
        this AttentionDevice device, TensorView<float> input, TensorView<float>? weight, TensorView<float>? bias, TensorView<float> output,
        float epsilon = 1e-5f, KernelSchedule? schedule = null, AcceleratorStream? stream = null)
    {
        (RowNormArguments arguments, long rows) = CheckRows(device, input, output, epsilon);
        (arguments.Weight, arguments.Bias) = Affine(
            device, (weight, nameof(weight)), (bias, nameof(bias)), arguments.Hidden, output, arguments.Input);
        AcceleratorStream target = DeviceChecks.Stream(device, stream);
        if (bias is not null)
            RowNormModule<AboutMean, WeightAndBias>.Run(device, schedule, target, arguments, rows);
        else if (weight is not null)
            RowNormModule<AboutMean, WeightOnly>.Run(device, schedule, target, arguments, rows);
        else
            RowNormModule<AboutMean, NoAffine>.Run(device, schedule, target, arguments, rows);
    }

    private static (RowNormArguments Arguments, long Rows) CheckRows(
        AttentionDevice device, TensorView<float> input, TensorView<float> output, float epsilon)
    {
        ArgumentNullException.ThrowIfNull(device);
        CheckEpsilon(epsilon);
        if (input.Shape.Rank == 0 || input.Shape[^1] is < 1 or > int.MaxValue)
        {
            throw new ArgumentException(
                $"The shape of 'input' is {input.Shape}; it must be […, hidden], with a hidden size from 1 to {int.MaxValue}.",
                nameof(input));
        }

        input.CheckInput(device, input.Shape, nameof(input));
        output.CheckOutput(device, input.Shape, nameof(output));
        output.CheckDisjointOrSame(nameof(output), input, nameof(input));
        return (new RowNormArguments
        {
            Input = input.Data,
            Output = output.Data,
            InputRowStride = RowStride(input, nameof(input)),
            OutputRowStride = RowStride(output, nameof(output)),
            Hidden = (int)input.Shape[^1],
            Epsilon = epsilon,
        }, input.ElementCount / input.Shape[^1]);
    }

    private static long RowStride(TensorView<float> view, string name)
    {
        if (view.Shape.Rank == 2)
            return view.Strides[0];
        view.CheckDense(name);
        return view.Shape[^1];
    }

    private static (ArrayView<float> Weight, ArrayView<float> Bias) Affine(
        AttentionDevice device, (TensorView<float>? View, string Name) weight, (TensorView<float>? View, string Name) bias,
        int features, TensorView<float> output, ArrayView<float> standIn)
    {
        if (bias.View is not null && weight.View is null)
            throw new ArgumentException("A bias was given without a weight; give both, or a weight of ones.", bias.Name);

        // Kernels without a weight or bias never look at the views, but drivers want real memory in their place, and micro-kernels an
        // element.
        return (weight.View is { } weights ? Features(device, weights, features, weight.Name, output) : standIn,
            bias.View is { } biases ? Features(device, biases, features, bias.Name, output) : standIn);
    }

    private static ArrayView<float> Features(
        AttentionDevice device, TensorView<float> view, int features, string name, TensorView<float> output)
    {
        view.CheckInput(device, [features], name);
        output.CheckDisjoint(nameof(output), view.Footprint, name);
        return view.Data;
    }

    private static void CheckEpsilon(float epsilon)
    {
        if (!(epsilon > 0f && float.IsFinite(epsilon)))
            throw new ArgumentException($"Epsilon is {epsilon}; it must be positive and finite.", nameof(epsilon));
    }
}
