using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Tensors;
using ILGPU;

namespace AttentionKernels.Normalization;

/// <summary>The checks that all norms make, and what they hand to the kernels of rows.</summary>
internal static class NormChecks
{
    /// <summary>Weights and biases, or no memory.</summary>
    public static (ArrayView<float> Weight, ArrayView<float> Bias) Affine(
        AttentionDevice device, (TensorView<float>? View, string Name) weight, (TensorView<float>? View, string Name) bias,
        int features, in Footprint output, ArrayView<float> none)
    {
        if (bias.View is not null && weight.View is null)
            throw new ArgumentException("A bias was given without a weight; give both, or a weight of ones.", bias.Name);
        return (weight.View is { } weights ? Features(device, weights, features, weight.Name, output) : none,
            bias.View is { } biases ? Features(device, biases, features, bias.Name, output) : none);
    }

    /// <summary>A number for each feature.</summary>
    public static ArrayView<float> Features(
        AttentionDevice device, TensorView<float> view, int features, string name, in Footprint output)
    {
        view.CheckInput(device, [features], name);
        output.CheckDisjoint(nameof(output), view.Footprint, name);
        return view.Data;
    }

    /// <summary>Checks that the input has rows.</summary>
    public static void Hidden(TensorShape input)
    {
        if (input.Rank == 0 || input[^1] is < 1 or > int.MaxValue)
        {
            throw new ArgumentException(
                $"The shape of 'input' is {input}; it must have a last dimension, from 1 to {int.MaxValue}.", nameof(input));
        }
    }

    /// <summary>The rows of an input and an output.</summary>
    public static NormRows Rows(in RowGrid grid, TensorShape shape, TensorShape input, TensorShape output, NormOptions options)
    {
        if (grid.Inner > int.MaxValue)
            throw new ArgumentException($"The shape of 'input' is {shape}; its inner rows must be at most {int.MaxValue}.", nameof(input));
        return new NormRows
        {
            Count = grid.Rows,
            Inner = (int)grid.Inner,
            Hidden = (int)shape[^1],
            Epsilon = options.Epsilon,
            Input = grid.Distances(input),
            Output = grid.Distances(output),
        };
    }

    /// <summary>Queues RMS norm of checked rows.</summary>
    public static void Rms(
        in NormCall call, NormRows rows, TensorView<float> weight, in Footprint output, NormOptions options)
    {
        rows.Weight = Features(call.Device, weight, rows.Hidden, nameof(weight), output);
        rows.Bias = rows.Weight;
        Norms.Of(call.Format, options.WeightsFromOne ? NormKind.RmsFromOne : NormKind.Rms).Run(call, options.Schedule, rows);
    }

    /// <summary>Queues layer norm of checked rows.</summary>
    public static void Layer(
        in NormCall call, NormRows rows, TensorView<float>? weight, TensorView<float>? bias, in Footprint output, NormOptions options)
    {
        NotFromOne(options);

        (rows.Weight, rows.Bias) = Affine(
            call.Device, (weight, nameof(weight)), (bias, nameof(bias)), rows.Hidden, output, None(call));
        NormKind kind = bias is not null ? NormKind.LayerAffine : weight is not null ? NormKind.LayerWeighted : NormKind.Layer;
        Norms.Of(call.Format, kind).Run(call, options.Schedule, rows);
    }

    /// <summary>Checks that there is a variance to train with.</summary>
    public static void Count(in NormChannels task, TensorShape input)
    {
        if (task.Channels > 0 && task.Count == 1)
        {
            throw new ArgumentException(
                $"The input has shape {input}, with 1 value a channel; training needs at least 2 for a variance.", nameof(input));
        }
    }

    /// <summary>Checks results of features: they overlap nothing that is read or written besides.</summary>
    public static void Results(
        AttentionDevice device, int features, ReadOnlySpan<(Footprint? View, string Name)> read, (Footprint View, string Name) written,
        ReadOnlySpan<(TensorView<float>? View, string Name)> results)
    {
        for (int index = 0; index < results.Length; index++)
        {
            (TensorView<float>? view, string name) = results[index];
            if (view is not { } result)
                continue;
            result.CheckOutput(device, [features], name);
            result.CheckDisjoint(name, written.View, written.Name);
            foreach ((Footprint? other, string otherName) in read)
            {
                if (other is { } given)
                    result.CheckDisjoint(name, given, otherName);
            }

            foreach ((TensorView<float>? other, string otherName) in results[..index])
            {
                if (other is { } before)
                    result.CheckDisjoint(name, before.Footprint, otherName);
            }
        }
    }

    /// <summary>Checks that groups divide the channels.</summary>
    public static void Groups(int groups, int channels)
    {
        if (groups < 1 || channels % groups != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(groups), groups, $"The groups must be at least 1 and divide the {channels} channels.");
        }
    }

    /// <summary>Queues the softmax of checked rows.</summary>
    public static void Softmax(in NormCall call, NormRows rows, KernelSchedule? schedule)
    {
        rows.Weight = rows.Bias = None(call);
        Norms.Of(call.Format, NormKind.Softmax).Softmax(call, schedule, rows);
    }

    /// <summary>Refuses weights that count from 1.</summary>
    public static void NotFromOne(NormOptions options)
    {
        if (options.WeightsFromOne)
            throw new NotSupportedException("Weights of this norm do not count from 1; those of RMS norm may.");
    }

    /// <summary>Checks ε.</summary>
    public static void Epsilon(float epsilon, string name = "epsilon")
    {
        if (!(epsilon > 0f && float.IsFinite(epsilon)))
            throw new ArgumentException($"Epsilon is {epsilon}; it must be positive and finite.", name);
    }

    // Drivers want real memory in the place of numbers that a kernel has none of.
    private static ArrayView<float> None(in NormCall call) => call.Output.SubView(0, 0).Cast<float>();
}
