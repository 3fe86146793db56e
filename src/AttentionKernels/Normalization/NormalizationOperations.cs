using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Simd;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Layer, RMS and batch norm on a device.</summary>
public static class NormalizationOperations
{
    private const int SharedMemory = GroupSum.Threads * sizeof(float);

    // Elements that are work enough for a tile of a processor.
    private const int LongPlane = 256;

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
        AcceleratorStream target = TensorChecks.Stream(device, stream);
        RunRows<AboutZero, WeightOnly>(device, schedule, target, arguments, rows);
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
        (arguments.Weight, arguments.Bias) = Affine(device, weight, bias, arguments.Hidden, output, arguments.Input);
        AcceleratorStream target = TensorChecks.Stream(device, stream);
        if (bias is not null)
            RunRows<AboutMean, WeightAndBias>(device, schedule, target, arguments, rows);
        else if (weight is not null)
            RunRows<AboutMean, WeightOnly>(device, schedule, target, arguments, rows);
        else
            RunRows<AboutMean, NoAffine>(device, schedule, target, arguments, rows);
    }

    /// <summary>
    /// y = (x − mean_c) / √(var_c + ε) · w_c + b_c with the mean and the biased variance of each channel c over the batch, and the running
    /// statistics r ← (1 − momentum)·r + momentum·(mean_c, unbiased var_c). Queues the computation.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Dense [batch, channels, …]; each channel has at least 2 values, or none at all, and then nothing is
    /// done.</param>
    /// <param name="weight">[channels]; 1 where <see langword="null"/>.</param>
    /// <param name="bias">[channels]; 0 where <see langword="null"/>. A bias needs a weight.</param>
    /// <param name="runningMean">[channels], updated; a mean to 4e-6 of itself, or to 1e-7 of the deviation where that is more.</param>
    /// <param name="runningVariance">[channels], updated.</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="momentum">The momentum, from 0 to 1.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="savedMean">[channels], receives the means of the batch, for a backward pass; not stored where
    /// <see langword="null"/>.</param>
    /// <param name="savedInverseDeviation">[channels], receives 1 / √(var_c + ε), likewise.</param>
    /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or a
    /// number is out of range.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void BatchNormTraining(
        this AttentionDevice device, TensorView<float> input, TensorView<float>? weight, TensorView<float>? bias,
        TensorView<float> runningMean, TensorView<float> runningVariance, TensorView<float> output,
        float momentum = 0.1f, float epsilon = 1e-5f, TensorView<float>? savedMean = null, TensorView<float>? savedInverseDeviation = null,
        KernelSchedule? schedule = null, AcceleratorStream? stream = null)
    {
        BatchNormArguments arguments = CheckChannels(device, input, weight, bias, runningMean, runningVariance, output, epsilon);
        if (!(momentum >= 0f && momentum <= 1f))
            throw new ArgumentException($"The momentum is {momentum}; it must be from 0 to 1.", nameof(momentum));
        if (arguments.Channels > 0 && arguments.Count == 1)
            throw new ArgumentException($"The input has shape {input.Shape}, with 1 value a channel; training needs at least 2 for a variance.", nameof(input));

        Results(device, runningMean, arguments.Channels, nameof(runningMean),
            (input, nameof(input)), (weight, nameof(weight)), (bias, nameof(bias)));
        Results(device, runningVariance, arguments.Channels, nameof(runningVariance),
            (input, nameof(input)), (weight, nameof(weight)), (bias, nameof(bias)), (runningMean, nameof(runningMean)));
        arguments.Momentum = momentum;
        arguments.SavedMean = savedMean is { } mean
            ? Results(device, mean, arguments.Channels, nameof(savedMean),
                (input, nameof(input)), (output, nameof(output)), (weight, nameof(weight)), (bias, nameof(bias)),
                (runningMean, nameof(runningMean)), (runningVariance, nameof(runningVariance)))
            : Empty(input);
        arguments.SavedInverseDeviation = savedInverseDeviation is { } deviation
            ? Results(device, deviation, arguments.Channels, nameof(savedInverseDeviation),
                (input, nameof(input)), (output, nameof(output)), (weight, nameof(weight)), (bias, nameof(bias)),
                (runningMean, nameof(runningMean)), (runningVariance, nameof(runningVariance)), (savedMean, nameof(savedMean)))
            : Empty(input);
        AcceleratorStream target = TensorChecks.Stream(device, stream);
        long channels = input.ElementCount == 0 ? 0 : arguments.Channels;
        if (bias is not null)
            RunTraining<WeightAndBias>(device, schedule, target, arguments, channels);
        else if (weight is not null)
            RunTraining<WeightOnly>(device, schedule, target, arguments, channels);
        else
            RunTraining<NoAffine>(device, schedule, target, arguments, channels);
    }

    /// <summary>y = (x − runningMean_c) / √(runningVariance_c + ε) · w_c + b_c for each channel c. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Dense [batch, channels, …].</param>
    /// <param name="weight">[channels]; 1 where <see langword="null"/>.</param>
    /// <param name="bias">[channels]; 0 where <see langword="null"/>. A bias needs a weight.</param>
    /// <param name="runningMean">[channels].</param>
    /// <param name="runningVariance">[channels].</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or ε is
    /// out of range.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void BatchNormInference(
        this AttentionDevice device, TensorView<float> input, TensorView<float>? weight, TensorView<float>? bias,
        TensorView<float> runningMean, TensorView<float> runningVariance, TensorView<float> output,
        float epsilon = 1e-5f, AcceleratorStream? stream = null)
    {
        BatchNormArguments arguments = CheckChannels(device, input, weight, bias, runningMean, runningVariance, output, epsilon);
        arguments.SavedMean = Empty(input);
        arguments.SavedInverseDeviation = Empty(input);
        AcceleratorStream target = TensorChecks.Stream(device, stream);
        if (input.ElementCount == 0)
            return;
        if (bias is not null)
            RunInference<WeightAndBias>(device, target, arguments);
        else if (weight is not null)
            RunInference<WeightOnly>(device, target, arguments);
        else
            RunInference<NoAffine>(device, target, arguments);
    }

    private static void RunRows<TCenter, TAffine>(
        AttentionDevice device, KernelSchedule? schedule, AcceleratorStream stream, RowNormArguments arguments, long rows)
        where TCenter : struct, IMomentsCenter
        where TAffine : struct, IAffine
    {
        if (ScheduleChoice.Resolve(device, schedule, RowNormSimt<TCenter, TAffine>.GroupSize, SharedMemory) == KernelSchedule.Simt)
        {
            device.LoadGroupKernel<RowNormSimt<TCenter, TAffine>, RowNormArguments>().Run(stream, arguments, rows);
            return;
        }

        var run = new RowsRun<TCenter, TAffine>(device, stream, arguments, rows);
        Vectors.Invoke(device.Description.VectorLanes, ref run);
    }

    private static void RunTraining<TAffine>(
        AttentionDevice device, KernelSchedule? schedule, AcceleratorStream stream, BatchNormArguments arguments, long channels)
        where TAffine : struct, IAffine
    {
        if (ScheduleChoice.Resolve(device, schedule, BatchNormTrainingSimt<TAffine>.GroupSize, SharedMemory) == KernelSchedule.Simt)
        {
            device.LoadGroupKernel<BatchNormTrainingSimt<TAffine>, BatchNormArguments>().Run(stream, arguments, channels);
            return;
        }

        var run = new TrainingRun<TAffine>(device, stream, arguments, channels);
        Vectors.Invoke(device.Description.VectorLanes, ref run);
    }

    private static void RunInference<TAffine>(AttentionDevice device, AcceleratorStream stream, BatchNormArguments arguments)
        where TAffine : struct, IAffine
    {
        long planes = (long)arguments.Batch * arguments.Channels;
        if (device.IsGpu)
        {
            device.LoadTileKernel<BatchNormInference<TAffine>, BatchNormArguments>().Run(stream, arguments, planes * arguments.Spatial);
            return;
        }

        arguments.PlanesPerTile = arguments.Spatial >= LongPlane ? 1 : arguments.Channels;
        var run = new InferenceRun<TAffine>(device, stream, arguments, planes / arguments.PlanesPerTile);
        Vectors.Invoke(device.Description.VectorLanes, ref run);
    }

    private static (RowNormArguments Arguments, long Rows) CheckRows(
        AttentionDevice device, TensorView<float> input, TensorView<float> output, float epsilon)
    {
        ArgumentNullException.ThrowIfNull(device);
        CheckEpsilon(epsilon);
        if (input.Shape.Rank == 0 || input.Shape[^1] is < 1 or > int.MaxValue)
            throw new ArgumentException($"The shape of 'input' is {input.Shape}; it must be […, hidden], with a hidden size from 1 to {int.MaxValue}.", nameof(input));
        TensorChecks.Input(device, input, input.Shape, nameof(input));
        TensorChecks.Output(device, output, input.Shape, nameof(output));
        TensorChecks.DisjointOrSame(output, nameof(output), input, nameof(input));
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
        TensorChecks.Dense(view, name);
        return view.Shape[^1];
    }

    private static BatchNormArguments CheckChannels(
        AttentionDevice device, TensorView<float> input, TensorView<float>? weight, TensorView<float>? bias,
        TensorView<float> runningMean, TensorView<float> runningVariance, TensorView<float> output, float epsilon)
    {
        ArgumentNullException.ThrowIfNull(device);
        CheckEpsilon(epsilon);
        if (input.Shape.Rank < 2 || input.Shape[0] > int.MaxValue || input.Shape[1] > int.MaxValue)
            throw new ArgumentException($"The shape of 'input' is {input.Shape}; it must be [batch, channels, …].", nameof(input));
        if (input.ElementCount > 0 && input.ElementCount / input.Shape[0] / input.Shape[1] > int.MaxValue)
            throw new ArgumentException($"The shape of 'input' is {input.Shape}; a channel of a sample must have at most {int.MaxValue} values.", nameof(input));
        TensorChecks.Usable(device, input, nameof(input));
        TensorChecks.Dense(input, nameof(input));
        TensorChecks.Output(device, output, input.Shape, nameof(output));
        TensorChecks.Dense(output, nameof(output));
        TensorChecks.DisjointOrSame(output, nameof(output), input, nameof(input));
        int channels = (int)input.Shape[1];
        long spatial = 1;
        for (int dimension = 2; dimension < input.Shape.Rank; dimension++)
            spatial *= input.Shape[dimension];
        (ArrayView<float> weights, ArrayView<float> biases) = Affine(device, weight, bias, channels, output, input.Data);
        return new BatchNormArguments
        {
            Input = input.Data,
            Output = output.Data,
            Weight = weights,
            Bias = biases,
            RunningMean = Features(device, runningMean, channels, nameof(runningMean), output),
            RunningVariance = Features(device, runningVariance, channels, nameof(runningVariance), output),
            Batch = (int)input.Shape[0],
            Channels = channels,
            Spatial = spatial,
            Epsilon = epsilon,
        };
    }

    private static (ArrayView<float> Weight, ArrayView<float> Bias) Affine(
        AttentionDevice device, TensorView<float>? weight, TensorView<float>? bias, int features, TensorView<float> output, ArrayView<float> standIn)
    {
        if (bias is not null && weight is null)
            throw new ArgumentException("A bias was given without a weight; give both, or a weight of ones.", nameof(bias));

        // Kernels without a weight or bias never look at the views, but drivers want real memory in their place, and micro-kernels an
        // element.
        ArrayView<float> none = standIn;
        return (weight is { } weights ? Features(device, weights, features, nameof(weight), output) : none,
            bias is { } biases ? Features(device, biases, features, nameof(bias), output) : none);
    }

    private static ArrayView<float> Features(AttentionDevice device, TensorView<float> view, int features, string name, TensorView<float> output)
    {
        TensorChecks.Input(device, view, [features], name);
        TensorChecks.Disjoint(output, nameof(output), view, name);
        return view.Data;
    }

    private static ArrayView<float> Results(
        AttentionDevice device, TensorView<float> view, int channels, string name, params ReadOnlySpan<(TensorView<float>? View, string Name)> others)
    {
        TensorChecks.Output(device, view, [channels], name);
        foreach ((TensorView<float>? other, string otherName) in others)
        {
            if (other is { } given)
                TensorChecks.Disjoint(view, name, given, otherName);
        }

        return view.Data;
    }

    private static ArrayView<float> Empty(TensorView<float> view) => view.Data.SubView(0, 0);

    private static void CheckEpsilon(float epsilon)
    {
        if (!(epsilon > 0f && float.IsFinite(epsilon)))
            throw new ArgumentException($"Epsilon is {epsilon}; it must be positive and finite.", nameof(epsilon));
    }

    private readonly struct RowsRun<TCenter, TAffine>(AttentionDevice device, AcceleratorStream stream, RowNormArguments arguments, long rows) : IVectorAction
        where TCenter : struct, IMomentsCenter
        where TAffine : struct, IAffine
    {
        public void Invoke<TVector>()
            where TVector : struct, IVector<TVector>
        {
            if (rows * arguments.Hidden * sizeof(float) > NonTemporalStore.LargestCache)
                device.LoadTileKernel<RowNormVector<TCenter, TAffine, TVector, NonTemporalStore>, RowNormArguments>().Run(stream, arguments, rows);
            else
                device.LoadTileKernel<RowNormVector<TCenter, TAffine, TVector, CachedStore>, RowNormArguments>().Run(stream, arguments, rows);
        }
    }

    private readonly struct TrainingRun<TAffine>(AttentionDevice device, AcceleratorStream stream, BatchNormArguments arguments, long channels) : IVectorAction
        where TAffine : struct, IAffine
    {
        public void Invoke<TVector>()
            where TVector : struct, IVector<TVector> =>
            device.LoadTileKernel<BatchNormTrainingVector<TAffine, TVector>, BatchNormArguments>().Run(stream, arguments, channels);
    }

    private readonly struct InferenceRun<TAffine>(AttentionDevice device, AcceleratorStream stream, BatchNormArguments arguments, long tiles) : IVectorAction
        where TAffine : struct, IAffine
    {
        public void Invoke<TVector>()
            where TVector : struct, IVector<TVector> =>
            device.LoadTileKernel<BatchNormInferenceVector<TAffine, TVector>, BatchNormArguments>().Run(stream, arguments, tiles);
    }
}
