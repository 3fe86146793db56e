using System.Runtime.InteropServices;

namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>The covering cases.</summary>
internal static partial class MutationCases
{
    /// <summary>One for each kernel.</summary>
    public static IReadOnlyList<MutationCase> All { get; } =
    [
        new("Naive attention", "NaiveAttention", device => AttentionMutations.Contiguous(device, AttentionAlgorithm.Naive, 20)),
        new("Reference attention", "ReferenceAttention", AttentionMutations.Reference),
        new("Tiled attention", "TiledAttentionSimt", device => AttentionMutations.Contiguous(device, AttentionAlgorithm.Tiled, 77, 125)),
        new("Tiled attention, fp16 pages", "TiledAttentionSimt",
            device => AttentionMutations.Paged(device, NumberFormat.Float16, AttentionAlgorithm.Tiled, 3, 61)),
        new("TensorCore attention", "TensorCoreAttention", AttentionMutations.TensorCore),
        new("TensorCore attention, pages", "TensorCoreAttention", AttentionMutations.TensorCorePaged),
        new("TensorCore attention, int8 pages", "TensorCoreAttention", AttentionMutations.TensorCoreInt8Pages),
        new("Decode, fp32 pages", "SplitKvDecodeSimt",
            device => AttentionMutations.Paged(device, NumberFormat.Float32, AttentionAlgorithm.SplitKv, 20)),
        new("Decode, int8 pages", "SplitKvDecodeSimt",
            device => AttentionMutations.Paged(device, NumberFormat.Int8, AttentionAlgorithm.SplitKv, 48)),
        new("TensorCore decode", "TensorCoreDecode", AttentionMutations.TensorCoreDecode),
        new("TensorCore decode, int8 pages", "TensorCoreDecode", AttentionMutations.TensorCoreDecodePaged),
        new("Merge of splits", "MergeStatesSimt",
            device => AttentionMutations.Paged(device, NumberFormat.Float32, AttentionAlgorithm.SplitKv, splits: 6, [20, 67, 130])),
        new("Quantised queries", "WidenQueries", AttentionMutations.Quantized),
        new("Merge of two states", "MergeTwoStates", MergeTwoStates),
        new("Check of a block table", "CheckBlockTable", CheckBlockTable),
        new("Append, fp16", "AppendSimt", device => Append(device, NumberFormat.Float16, 40, 16)),
        new("Append, fp16, odd sizes", "AppendSimt", device => Append(device, NumberFormat.Float16, 43, 6)),
        new("Append, int8", "AppendSimt", device => Append(device, NumberFormat.Int8, 40, 16)),
        new("Append, int8, odd sizes", "AppendSimt", device => Append(device, NumberFormat.Int8, 43, 6)),
        new("Rotary embedding", "RotaryEmbedding", device => Rotary(device, 32, 32, 16, 8)),
        new("Rotary embedding, odd sizes", "RotaryEmbedding", device => Rotary(device, 10, 10, 6)),
        new("Angles of sections", "GatherAngles", GatherAngles),
        new("LayerNorm", "RowNormSimt", device => LayerNorm(device, 4, 68, 2500)),
        new("LayerNorm, odd sizes", "RowNormSimt", device => LayerNorm(device, 1, 65, 2045)),
        new("Add and LayerNorm", "RowNormSimt", device => AddLayerNorm(device, 4, 68, 2500)),
        new("Add and LayerNorm, odd sizes", "RowNormSimt", device => AddLayerNorm(device, 1, 65, 2045)),
        new("Add and RMSNorm, int8", "RowNormQuantizedSimt", device => QuantizedNorm(device, 4, 68, 2500)),
        new("Add and RMSNorm, int8, odd sizes", "RowNormQuantizedSimt", device => QuantizedNorm(device, 1, 65, 2045)),
        new("Softmax", "SoftmaxSimt", device => Softmax(device, 4, 68, 2500)),
        new("Softmax, odd sizes", "SoftmaxSimt", device => Softmax(device, 1, 65, 2045)),
        new("GroupNorm", "GroupNormSimt", GroupNorm),
        new("LayerNorm, backward", "RowNormBackwardSimt", device => LayerNormBackward(device, 4, 68, 2500)),
        new("LayerNorm, backward, odd sizes", "RowNormBackwardSimt", device => LayerNormBackward(device, 1, 65, 2045)),
        new("Gradients of features", "FeatureGradientSimt", device => LayerNormBackward(device, 4, 68, 516)),
        new("Gradients of features, odd sizes", "FeatureGradientSimt", device => LayerNormBackward(device, 1, 65, 515)),
        new("Gradients of chunks", "GradientOfChunks", device => LayerNormBackward(device, 4, 68, 516)),
        new("BatchNorm, backward", "BatchNormBackwardSimt", BatchNormBackward),
        new("GroupNorm, backward", "GroupNormBackwardSimt", GroupNormBackward),
        new("Sum", "ElementwiseSimt", device => Sum(device, 8)),
        new("Sum, odd sizes", "ElementwiseSimt", device => Sum(device, 7)),
        new("Embedding lookup", "ElementwiseSimt", device => Lookup(device, 8)),
        new("Embedding gradient", "EmbeddingGradientSimt", device => EmbeddingGradient(device, 8)),
        new("BatchNorm, training", "BatchNormTrainingSimt", BatchNormTraining),
        new("BatchNorm, inference", "BatchNormInference", BatchNormInference),
        new("Linear, few tokens", "LinearSimt", device => Linear(device, (1, 68, 3), (6, 1092, 12))),
        new("Linear, few tokens, bf16", "LinearSimt", device => Linear16(device, (1, 68, 3), (2, 1092, 9))),
        new("Linear, few tokens, odd columns", "LinearSimt", device => Linear(device, (6, 1093, 12), (1, 1, 9), (1, 37, 9))),
        new("Linear, many tokens", "LinearTiledSimt", device => Linear(device, (66, 84, 136), (33, 8, 7))),
        new("Linear, many tokens, bf16", "LinearTiledSimt", device => Linear16(device, (33, 20, 130), (33, 8, 7))),
        new("Linear, many tokens, odd columns", "LinearTiledSimt", device => Linear(device, (66, 81, 136), (66, 1, 129))),
    ];

    private static IEnumerable<byte[]> Rotary(AttentionDevice device, int headDimension, params int[] rotaryDimensions)
    {
        TensorShape shape = [2, 4, 3, headDimension];
        using Tensor<float> input = device.Upload(RandomData.Normal(9, shape), shape);
        TensorShape keyShape = shape.With(2, 7);
        using Tensor<float> key = device.Upload(RandomData.Normal(10, keyShape), keyShape);
        using Tensor<int> positions = device.Upload([0, 4, -1, 5, 3, int.MaxValue, 2, int.MinValue], [2, 4]);
        using Tensor<int> first = device.Upload([3, -2], [2]);
        foreach (int dimension in rotaryDimensions)
        {
            using var table = new RotaryTable(device, 5, dimension);
            using Tensor<float> output = device.Allocate<float>(shape);
            using Tensor<float> keyOutput = device.Allocate<float>(keyShape);
            device.RotaryEmbedding(new RotaryHeads<float>(input, output), new RotaryHeads<float>(key, keyOutput), table, RotaryStyle.HalfSplit, first);
            yield return Bytes(output);
            yield return Bytes(keyOutput);
            device.RotaryEmbedding(new RotaryHeads<float>(input, output), new RotaryHeads<float>(key, keyOutput), table, RotaryStyle.HalfSplit, firstPosition: 1);
            yield return Bytes(keyOutput);
            device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit, firstPosition: 1);
            yield return Bytes(output);
            device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit, positions);
            yield return Bytes(output);
        }
    }

    // Positions that the table does not have, and pairs of no section.
    private static IEnumerable<byte[]> GatherAngles(AttentionDevice device)
    {
        using Tensor<int> positions = device.Upload([0, 4, -1, 5, 3, int.MaxValue, 2, int.MinValue, 1, 1, 4, 0], [3, 2, 2]);
        using Tensor<int> sections = device.Upload([0, 1, 2, -1, 3], [5]);
        using var table = new RotaryTable(device, 5, 10);
        using var rows = RotaryTable.OfTokens(device, 4, 10);
        device.GatherRotary(table, positions, sections, rows);
        yield return Bytes(rows.Cosine);
        yield return Bytes(rows.Sine);
    }

    // Numbers whose squares overflow, or underflow, and a mean that the first number is far from take a pass more.
    private static IEnumerable<byte[]> LayerNorm(AttentionDevice device, int few, int some, int many)
    {
        foreach ((int rows, int hidden, float deviation, float first) in ((int, int, float, float)[])
            [
                (3, few, 1f, 1f), (2, some, 1f, 0f), (1, many, 1f, 1f), (2, some, 1e25f, 0f), (1, many, 1e-25f, 0f), (1, many, 1f, 1e4f),
                (1, many, 1e25f, 1e30f), (1, many, 1e25f, 3e25f),
            ])
        {
            TensorShape shape = [rows, hidden];
            float[] numbers = RandomData.Normal(hidden, shape, deviation, mean: 3f * deviation);
            numbers[0] = first;
            using Tensor<float> input = device.Upload(numbers, shape);
            using Tensor<float> weight = device.Upload(RandomData.Normal(1, hidden), [hidden]);
            using Tensor<float> bias = device.Upload(RandomData.Normal(2, hidden), [hidden]);
            using Tensor<float> output = device.Allocate<float>(shape);
            device.LayerNorm(input, weight, bias, output, schedule: KernelSchedule.Simt);
            yield return Bytes(output);

            // In parts of larger tensors.
            using Tensor<float> whole = device.Upload(RandomData.Normal(3, 2 * 3 * hidden, deviation), [2, 3, hidden]);
            using Tensor<float> normalized = device.Upload(new float[2 * 3 * hidden], [2, 3, hidden]);
            device.LayerNorm(whole.View.Slice(1, 0, 2), weight.View, bias.View, normalized.View.Slice(1, 0, 2), schedule: KernelSchedule.Simt);
            yield return Bytes(normalized);
        }
    }

    // In parts of larger tensors, with a scale for each row, where a NaN and a row of zeros are among them, and a given one.
    private static IEnumerable<byte[]> QuantizedNorm(AttentionDevice device, int few, int some, int many)
    {
        foreach ((int hidden, float deviation, float first) in ((int, float, float)[])
            [
                (few, 1f, 1f), (some, 1f, 0f), (many, 1f, 1f), (many + 16, 1f, 1f), (some, 1e25f, 0f), (many, 1e25f, 3e25f),
                (many + 16, 1e25f, 0f), (many, 1f, float.NaN),
            ])
        {
            float[] inputs = RandomData.Normal(hidden, 2 * 3 * hidden, deviation);
            inputs[0] = first;
            float[] weights = RandomData.Normal(1, hidden);
            weights[^1] = 5f;
            using Tensor<float> weight = device.Upload(weights, [hidden]);
            using Tensor<float> input = device.Upload(inputs, [2, 3, hidden]);
            float[] residuals = RandomData.Normal(4, 2 * 3 * hidden, deviation);
            for (int index = hidden; index < 2 * hidden; index++)
                residuals[index] = -inputs[index];
            using Tensor<float> residual = device.Upload(residuals, [2, 3, hidden]);
            using Tensor<sbyte> numbers = device.Upload(new sbyte[2 * 3 * hidden], [2, 3, hidden]);
            using Tensor<float> scales = device.Upload(new float[4], [2, 2]);
            var options = new NormOptions { Schedule = KernelSchedule.Simt };
            foreach (QuantizedRows output in (QuantizedRows[])[new(numbers.View.Slice(1, 0, 2), scales), new(numbers.View.Slice(1, 1, 2), 0.03f)])
            {
                device.AddRmsNorm(input.View.Slice(1, 0, 2), residual.View.Slice(1, 0, 2), weight, output, NumberFormat.Float32, options);
                yield return Bytes(numbers);
                yield return Bytes(scales);
                yield return Bytes(residual);
            }
        }
    }

    // In parts of larger tensors.
    private static IEnumerable<byte[]> AddLayerNorm(AttentionDevice device, int few, int some, int many)
    {
        int more = many + 16;
        foreach ((int hidden, float deviation, float first) in ((int, float, float)[])
            [
                (few, 1f, 1f), (some, 1f, 0f), (many, 1f, 1f), (some, 1e25f, 0f), (many, 1e-25f, 0f), (many, 1f, 1e4f), (many, 1e25f, 1e30f),
                (more, 1f, 1f), (more, 1e25f, 0f), (more, 1f, 1e4f),
            ])
        {
            float[] numbers = RandomData.Normal(hidden, 2 * 3 * hidden, deviation, mean: 3f * deviation);
            numbers[0] = first;
            using Tensor<float> weight = device.Upload(RandomData.Normal(1, hidden), [hidden]);
            using Tensor<float> bias = device.Upload(RandomData.Normal(2, hidden), [hidden]);
            using Tensor<float> addends = device.Upload(numbers, [2, 3, hidden]);
            using Tensor<float> sums = device.Upload(RandomData.Normal(4, 2 * 3 * hidden, deviation), [2, 3, hidden]);
            using Tensor<float> normalized = device.Upload(new float[2 * 3 * hidden], [2, 3, hidden]);
            device.AddLayerNorm(
                addends.View.Slice(1, 0, 2), sums.View.Slice(1, 0, 2), weight.View, bias.View, normalized.View.Slice(1, 0, 2), NumberFormat.Float32,
                new NormOptions { Schedule = KernelSchedule.Simt });
            yield return Bytes(sums);
            yield return Bytes(normalized);
        }
    }

    // Numbers that grow raise the maximum on the way; −∞ in all of a row, and in parts of threads.
    private static IEnumerable<byte[]> Softmax(AttentionDevice device, params int[] sizes)
    {
        foreach (int columns in sizes)
        {
            TensorShape shape = [2, 3, columns];
            float[] numbers = [.. RandomData.Normal(columns, shape, deviation: 3f).Select((number, index) => number + (index % columns * 0.01f))];
            numbers.AsSpan(0, columns).Fill(float.NegativeInfinity);
            numbers[columns] = float.NegativeInfinity;
            using Tensor<float> input = device.Upload(numbers, shape);
            using Tensor<float> output = device.Upload(new float[shape.ElementCount], shape);
            device.Softmax(input, output, KernelSchedule.Simt);
            yield return Bytes(output);

            // In parts of larger tensors.
            device.Softmax(input.View.Slice(1, 0, 2), output.View.Slice(1, 1, 2), KernelSchedule.Simt);
            yield return Bytes(output);
        }
    }

    private static IEnumerable<byte[]> Sum(AttentionDevice device, int columns)
    {
        // Rows at two distances, parts of larger ones; then rows at equal distances.
        TensorShape shape = [3, 4, columns + 4];
        using Tensor<float> left = device.Upload(RandomData.Normal(1, shape), shape);
        using Tensor<float> right = device.Upload(RandomData.Normal(2, shape), shape);
        using Tensor<float> bias = device.Upload(RandomData.Normal(3, columns + 4), [columns + 4]);
        using Tensor<float> output = device.Upload(new float[shape.ElementCount], shape);
        TensorView<float> Part(Tensor<float> tensor, int token) => tensor.View.Slice(1, token, 3).Slice(2, 0, columns);
        device.Add(Part(left, 0), Part(right, 1), Part(output, 1));
        yield return Bytes(output);
        device.Add(left, bias, output);
        yield return Bytes(output);
    }

    private static IEnumerable<byte[]> Lookup(AttentionDevice device, int columns)
    {
        using Tensor<float> table = device.Upload(RandomData.Normal(1, 12 * columns), [12, columns]);
        using Tensor<int> indices = device.Upload([3, 0, -1, 11, 12, int.MinValue, int.MaxValue], [7]);
        using Tensor<float> found = device.Allocate<float>([7, columns]);
        device.EmbeddingLookup(table, indices, found);
        yield return Bytes(found);
    }

    // Rows that some of a table's others lie between; an index that comes again, and some that are no row.
    private static IEnumerable<byte[]> EmbeddingGradient(AttentionDevice device, int columns)
    {
        using Tensor<int> indices = device.Upload([3, 0, 3, -1, 11, 3, 12, 0, int.MinValue, int.MaxValue], [10]);
        using Tensor<float> gradient = device.Upload(RandomData.Normal(1, 10 * columns), [10, columns]);
        using Tensor<float> table = device.Upload(RandomData.Normal(2, 12 * (columns + 4)), [12, columns + 4]);
        device.EmbeddingGradient(indices, gradient, table.View.Slice(1, 0, columns));
        yield return Bytes(table);
    }

    private static IEnumerable<byte[]> GroupNorm(AttentionDevice device)
    {
        foreach ((TensorShape shape, int groups, float deviation, float first) in ((TensorShape, int, float, float)[])
            [
                ([3, 4, 5], 2, 1f, 1f), ([2, 6, 90], 2, 1f, 1f), ([1, 2, 2500], 1, 1f, 1f), ([1, 2, 3000], 1, 1e25f, 0f), ([1, 4, 700], 2, 1e-25f, 0f),
                ([1, 2, 9000], 1, 1f, 1e4f), ([1, 2, 3000], 1, 1e25f, 1e31f), ([1, 280, 1], 2, 1f, 1f),
            ])
        {
            float[] numbers = RandomData.Normal(1, shape, deviation, mean: 3f * deviation);
            numbers[0] = first;
            using Tensor<float> input = device.Upload(numbers, shape);
            using Tensor<float> weight = device.Upload(RandomData.Normal(2, shape[1]), [shape[1]]);
            using Tensor<float> output = device.Allocate<float>(shape);
            device.GroupNorm(input, groups, weight.View, weight.View, output, new NormOptions { Schedule = KernelSchedule.Simt });
            yield return Bytes(output);
        }
    }

    private static IEnumerable<byte[]> LayerNormBackward(AttentionDevice device, int few, int some, int many)
    {
        foreach ((int rows, int hidden, float deviation, float first) in ((int, int, float, float)[])
            [
                (3, few, 1f, 1f), (2, some, 1f, 0f), (1, many, 1f, 1f), (2, some, 1e25f, 0f), (1, many, 1e-25f, 0f), (1, many, 1f, 1e4f),
                (1, many, 1e25f, 1e30f), (20, some, 1f, 1f), (0, few, 1f, 1f),
            ])
        {
            // Rows at equal distances, then in parts of larger tensors; 20 rows are two chunks, of which the last one has fewer.
            TensorShape shape = [2, rows + 1, hidden];
            float[] numbers = RandomData.Normal(hidden, shape, deviation, mean: 3f * deviation);
            numbers[0] = first;
            using Tensor<float> input = device.Upload(numbers, shape);
            using Tensor<float> gradient = device.Upload(RandomData.Normal(2, shape), shape);
            using Tensor<float> inputGradient = device.Upload(new float[shape.ElementCount], shape);
            using Tensor<float> weight = device.Upload(RandomData.Normal(3, hidden), [hidden]);
            using Tensor<float> weightGradient = device.Allocate<float>([hidden]);
            using Tensor<float> biasGradient = device.Allocate<float>([hidden]);
            using NormBackwardPlan<float> plan = device.PlanLayerNormBackward(
                2 * (rows + 1), hidden, NumberFormat.Float32, new NormOptions { Schedule = KernelSchedule.Simt });
            plan.Run(input, weight.View, gradient, inputGradient, new(weightGradient, biasGradient));
            yield return Bytes(inputGradient);
            yield return Bytes(weightGradient);
            yield return Bytes(biasGradient);
            plan.Run(
                input.View.Slice(1, 0, rows), weight.View, gradient.View.Slice(1, 1, rows), inputGradient.View.Slice(1, 1, rows),
                new(weightGradient, biasGradient));
            yield return Bytes(inputGradient);
            yield return Bytes(weightGradient);
            yield return Bytes(biasGradient);
        }
    }

    private static IEnumerable<byte[]> BatchNormBackward(AttentionDevice device) => ChannelsBackward(
        device, (input, weight, gradient, inputGradient, features) => device.BatchNormTrainingBackward(
            input, weight, gradient, inputGradient, features, NumberFormat.Float32, new NormOptions { Schedule = KernelSchedule.Simt }));

    private static IEnumerable<byte[]> GroupNormBackward(AttentionDevice device) => ChannelsBackward(
        device, (input, weight, gradient, inputGradient, features) =>
        {
            int channels = (int)input.Shape[1];
            using NormBackwardPlan<float> plan = device.PlanGroupNormBackward(
                (int)input.Shape[0], channels, channels % 2 == 0 ? 2 : 1, NumberFormat.Float32, new NormOptions { Schedule = KernelSchedule.Simt });
            plan.Run(input, weight, gradient, inputGradient, features);
        });

    private static IEnumerable<byte[]> ChannelsBackward(
        AttentionDevice device, Action<TensorView<float>, TensorView<float>, TensorView<float>, TensorView<float>, FeatureGradients> run)
    {
        foreach ((TensorShape shape, float deviation, float first) in ((TensorShape, float, float)[])
            [
                ([7, 5], 1f, 1f), ([3, 2, 9], 1f, 1f), ([3, 1, 700], 1f, 1f), ([1, 2, 2500], 1e25f, 0f), ([33, 2, 70], 1e-25f, 0f),
                ([1, 1, 6000], 1f, 1e4f), ([1, 1, 6000], 1e25f, 1e31f), ([1, 1, 100], 1e25f, 0f), ([2, 140], 1f, 1f), ([2, 8, 33], 1f, 1f),
            ])
        {
            float[] numbers = RandomData.Normal(5, shape, deviation, mean: -2f * deviation);
            numbers[0] = first;
            using Tensor<float> input = device.Upload(numbers, shape);
            using Tensor<float> gradient = device.Upload(RandomData.Normal(2, shape), shape);
            using Tensor<float> inputGradient = device.Allocate<float>(shape);
            using Tensor<float> weight = device.Upload(RandomData.Normal(3, shape[1]), [shape[1]]);
            using Tensor<float> weightGradient = device.Upload(new float[shape[1]], [shape[1]]);
            using Tensor<float> biasGradient = device.Upload(new float[shape[1]], [shape[1]]);
            run(input, weight, gradient, inputGradient, new(null, biasGradient));
            yield return Bytes(inputGradient);
            yield return Bytes(weightGradient);
            run(input, weight, gradient, inputGradient, new(weightGradient, null));
            yield return Bytes(weightGradient);
            yield return Bytes(biasGradient);
        }
    }

    private static IEnumerable<byte[]> BatchNormTraining(AttentionDevice device)
    {
        foreach ((TensorShape shape, float deviation, float first) in ((TensorShape, float, float)[])
            [
                ([7, 5], 1f, 1f), ([3, 2, 9], 1f, 1f), ([3, 1, 700], 1f, 1f), ([1, 2, 2500], 1e25f, 0f), ([33, 2, 70], 1e-25f, 0f),
                ([1, 1, 6000], 1f, 1e4f), ([1, 1, 6000], 1e25f, 1e31f), ([1, 1, 100], 1e25f, 0f),
            ])
        {
            float[] numbers = RandomData.Normal(5, shape, deviation, mean: -2f * deviation);
            numbers[0] = first;
            using Tensor<float> input = device.Upload(numbers, shape);
            using Tensor<float> output = device.Allocate<float>(shape);
            using Tensor<float> weight = device.Upload(RandomData.Normal(1, shape[1]), [shape[1]]);
            using Tensor<float> bias = device.Upload(RandomData.Normal(2, shape[1]), [shape[1]]);
            using Tensor<float> mean = device.Upload(RandomData.Normal(3, shape[1]), [shape[1]]);
            using Tensor<float> variance = device.Upload(RandomData.Uniform(4, shape[1], 0.5f, 2f), [shape[1]]);
            using Tensor<float> savedMean = device.Allocate<float>([shape[1]]);
            using Tensor<float> savedInverse = device.Allocate<float>([shape[1]]);
            var channels = new BatchNormChannels(mean, variance) { Weight = weight.View, Bias = bias.View };
            device.BatchNormTraining(input, channels, output, schedule: KernelSchedule.Simt);
            yield return Bytes(output);
            channels = channels with { SavedMean = savedMean.View, SavedInverseDeviation = savedInverse.View };
            device.BatchNormTraining(input, channels, output, schedule: KernelSchedule.Simt);
            foreach (Tensor<float> statistics in (Tensor<float>[])[mean, variance, savedMean, savedInverse])
                yield return Bytes(statistics);
        }
    }

    private static IEnumerable<byte[]> BatchNormInference(AttentionDevice device)
    {
        TensorShape shape = [2, 5, 9];
        using Tensor<float> input = device.Upload(RandomData.Normal(5, shape, mean: -2f), shape);
        using Tensor<float> output = device.Allocate<float>(shape);
        using Tensor<float> weight = device.Upload(RandomData.Normal(1, 5), [5]);
        using Tensor<float> mean = device.Upload(RandomData.Normal(3, 5), [5]);
        using Tensor<float> variance = device.Upload(RandomData.Uniform(4, 5, 0.5f, 2f), [5]);
        device.BatchNormInference(input, new BatchNormChannels(mean, variance) { Weight = weight.View, Bias = mean.View }, output);
        yield return Bytes(output);
    }

    // Several slices, for few tokens more of them than are summed side by side; tiles at the edges of both matrices; rows of the weight, which
    // are columns of the output, that are whole fours and not.
    private static IEnumerable<byte[]> Linear(AttentionDevice device, params (int Tokens, int Columns, int Rows)[] sizes)
    {
        foreach ((int tokens, int columns, int rows) in sizes)
        {
            using Tensor<float> input = device.Upload(RandomData.Normal(1, tokens * columns), [tokens, columns]);
            using Tensor<float> weight = device.Upload(RandomData.Normal(2, rows * columns), [rows, columns]);
            using Tensor<float> output = device.Allocate<float>([tokens, rows]);
            using Tensor<float> bias = device.Upload(RandomData.Normal(3, rows), [rows]);
            device.Linear(input, weight, output, KernelSchedule.Simt);
            yield return Bytes(output);
            device.Linear(input, weight, bias.View, output, KernelSchedule.Simt);
            yield return Bytes(output);
        }
    }

    // Sums that are no numbers of bf16, and one that is no number.
    private static IEnumerable<byte[]> Linear16(AttentionDevice device, params (int Tokens, int Columns, int Rows)[] sizes)
    {
        foreach ((int tokens, int columns, int rows) in sizes)
        {
            BFloat16[] x = [.. RandomData.Normal(1, tokens * columns).Select(number => (BFloat16)number)];
            x[^1] = (BFloat16)float.NaN;
            using Tensor<BFloat16> input = device.Upload(x, [tokens, columns]);
            using Tensor<BFloat16> weight = device.Upload([.. RandomData.Normal(2, rows * columns).Select(number => (BFloat16)number)], [rows, columns]);
            using Tensor<BFloat16> output = device.Allocate<BFloat16>([tokens, rows]);
            using Tensor<float> bias = device.Upload(RandomData.Normal(3, rows), [rows]);
            device.Linear(input, weight, bias: null, output, NumberFormat.BFloat16, KernelSchedule.Simt);
            yield return Bytes(output);
            device.Linear(input, weight, bias.View, output, NumberFormat.BFloat16, KernelSchedule.Simt);
            yield return Bytes(output);
        }
    }

    private static byte[] Bytes(float[] numbers) => MemoryMarshal.AsBytes<float>(numbers).ToArray();

    /// <summary>The bytes of a tensor.</summary>
    internal static byte[] Bytes<T>(Tensor<T> tensor)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(tensor.ToArray()).ToArray();
}
