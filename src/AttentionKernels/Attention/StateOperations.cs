using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Merges results of attention to different keys.</summary>
public static class StateOperations
{
    /// <summary>
    /// m = max(l₁, l₂), w = e^(l − m): O = (w₁·O₁ + w₂·O₂) / (w₁ + w₂), l = m + ln(w₁ + w₂): what attention to the keys of both gives, from
    /// what it gives for each. For keys on several devices or in several caches, shared prefixes, and contexts taken in pieces.
    /// </summary>
    /// <remarks>
    /// The merge of Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018. A state without any allowed key (log-sum-exp
    /// −∞) changes nothing, not even by a NaN of its output; two of them give output 0 and log-sum-exp −∞. The order of two states does not
    /// matter.
    /// </remarks>
    /// <example>
    /// <code>
    /// using Tensor&lt;float> query = device.Allocate&lt;float>([1, 16, 8, 64]);
    /// using Tensor&lt;float> key = device.Allocate&lt;float>([1, 100, 2, 64]), value = device.Allocate&lt;float>(key.Shape);
    /// using Tensor&lt;float> firstOutput = device.Allocate&lt;float>(query.Shape), lastOutput = device.Allocate&lt;float>(query.Shape);
    /// using Tensor&lt;float> firstSums = device.Allocate&lt;float>([1, 8, 16]), lastSums = device.Allocate&lt;float>(firstSums.Shape);
    /// using AttentionPlan&lt;float> plan = device.PlanAttention(query.Shape, key.Shape, new NoMask());
    /// plan.Run(query, key.Slice(1, 0, 60), value.Slice(1, 0, 60), firstOutput, firstSums);
    /// plan.Run(query, key.Slice(1, 60, 40), value.Slice(1, 60, 40), lastOutput, lastSums);
    /// AttentionState first = new(firstOutput, firstSums), last = new(lastOutput, lastSums);
    /// using Tensor&lt;float> output = device.Allocate&lt;float>(query.Shape), sums = device.Allocate&lt;float>(firstSums.Shape);
    /// device.MergeStates(first, last, new AttentionState(output, sums));          // attention to all 100 keys
    /// </code>
    /// </example>
    /// <param name="device">The device.</param>
    /// <param name="left">One state.</param>
    /// <param name="right">The other, of the same shapes.</param>
    /// <param name="merged">Receives the merged state, of the same shapes; overlaps neither of the others. Outer strides of outputs are
    /// free.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
    /// stream is.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the launch.</exception>
    /// <exception cref="ObjectDisposedException">The device, the stream or a tensor is disposed.</exception>
    public static void MergeStates(
        this AttentionDevice device, AttentionState left, AttentionState right, AttentionState merged, AcceleratorStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        TensorShape shape = left.Output.Shape;
        if (shape.Rank is not (3 or 4))
        {
            throw new ArgumentException(
                $"The output of '{nameof(left)}' has the shape {shape}; it must be [batch, queries, heads, headDim] or " +
                "[tokens, heads, headDim].", nameof(left));
        }

        TensorShape states = shape.Rank == 4 ? [shape[0], shape[2], shape[1]] : [shape[1], shape[0]];
        Check(device, left, shape, states, nameof(left));
        Check(device, right, shape, states, nameof(right));
        Check(device, merged, shape, states, nameof(merged));
        merged.Output.CheckWritable(nameof(merged));
        foreach ((AttentionState input, string name) in ((AttentionState, string)[])[(left, nameof(left)), (right, nameof(right))])
        {
            merged.Output.CheckDisjoint(nameof(merged), input.Output.Footprint, name);
            merged.Output.CheckDisjoint(nameof(merged), input.LogSumExp.Footprint, name);
            merged.LogSumExp.CheckDisjoint(nameof(merged), input.Output.Footprint, name);
            merged.LogSumExp.CheckDisjoint(nameof(merged), input.LogSumExp.Footprint, name);
        }

        merged.LogSumExp.CheckDisjoint(nameof(merged), merged.Output.Footprint, nameof(merged));
        AcceleratorStream target = DeviceChecks.Stream(device, stream);
        if (shape.ElementCount == 0)
            return;
        int dimension = (int)shape[^1];
        var arguments = new MergeTwoStatesArguments
        {
            Left = StateRows.Of(left),
            Right = StateRows.Of(right),
            Output = merged.Output.Data,
            OutputStrides = RowStrides.Of(merged.Output.Strides),
            LogSumExp = merged.LogSumExp.Data,
            Runs = new RowRuns
            {
                Batch = shape.Rank == 4 ? (int)shape[0] : 1,
                Queries = (int)shape[^3],
                Heads = (int)shape[^2],
                Dimension = dimension,
                // Of a whole row the weights are computed once.
                Length = RowRuns.LengthOn(device, dimension),
            },
        };
        device.LoadTileKernel<MergeTwoStates, MergeTwoStatesArguments>().Run(target, arguments, arguments.Runs.Count);
    }

    private static void Check(AttentionDevice device, AttentionState state, TensorShape output, TensorShape logSumExp, string name)
    {
        state.Output.CheckInput(device, output, name);
        state.LogSumExp.CheckInput(device, logSumExp, name);
        state.LogSumExp.CheckDense(name);
    }
}
