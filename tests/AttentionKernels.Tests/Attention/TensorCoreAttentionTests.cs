using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>The TensorCore schedule: what it covers agrees with the oracle, and what it does not is refused or computed by another.</summary>
public class TensorCoreAttentionTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly AttentionOptions _tiled = new() { Algorithm = AttentionAlgorithm.Tiled, Schedule = KernelSchedule.TensorCore };
    private static readonly AttentionOptions _split =
        new() { Algorithm = AttentionAlgorithm.SplitKv, Schedule = KernelSchedule.TensorCore, Splits = 2 };

    // Every kind of head dimension; ends of tiles of rows and keys; more queries than keys, so that rows are fully masked; the odd lengths
    // that FlashAttention's tests have.
    public static IEnumerable<string> Cases =>
    [
        "2x4/2x70x150x64 CausalBottomRight Dense",
        "1x2/1x33x130x16 Full Dense",
        "1x6/2x50x67x40 CausalBottomRight HeadsFirst",
        "1x3/1x45x129x80 CausalTopLeft Dense",
        "1x2/2x64x64x96 CausalBottomRight Dense",
        "2x4/1x40x200x128 CausalBottomRight Dense",
        "1x1/1x140x90x128 CausalBottomRight HeadsFirst",
        "1x2/1x20x100x160 CausalBottomRight Dense",
        "1x8/2x5x300x192 CausalBottomRight Dense",
        "1x2/1x40x70x256 CausalBottomRight Dense",
        "1x2/1x9x21x24 CausalBottomRight Padded",
        "1x2/1x20x70x120 CausalBottomRight Padded",
        "1x9/1x1x257x64 Full Dense",
        "2x4/2x1x147x64 CausalBottomRight Dense",
        "1x2/1x1x239x128 CausalBottomRight Dense",
        "1x2/1x113x203x128 CausalBottomRight Dense",
        "1x2/1x108x256x64 CausalBottomRight Dense",
        "1x4/2x97x97x80 CausalBottomRight Dense",
        "1x8/2x3x300x256 CausalBottomRight Dense",
        "1x8/2x2x90x192 CausalBottomRight Padded",
        "1x1/1x5x0x64 Full Dense",
        "1x1/1x0x5x64 Full Dense",
    ];

    [Theory, EachBackend(CudaOnly = true, Cases = nameof(Cases))]
    public void Attention_agrees_with_the_oracle(Backend backend, string attention)
    {
        AttentionRunner.Verify(Device(backend), AttentionCase.Parse(attention), _tiled, StoredType.Float16);
        AttentionRunner.Verify(Device(backend), AttentionCase.Parse(attention), _split, StoredType.Float16);
        AttentionRunner.Verify(Device(backend), AttentionCase.Parse(attention), _tiled, StoredType.BFloat16);
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Masks_and_modifiers_agree_with_the_oracle(Backend backend)
    {
        // No narrow heads: a plan of those has two kernels, and each takes long to compile.
        AttentionCase attention = AttentionCase.Parse("2x2/1x70x200x72 Full Dense");
        Verify(new SlidingWindow(90), new NoModifier(), _tiled);
        Verify(new SlidingWindow(40), new NoModifier(), _split);
        Verify(new WindowMask(30), new NoModifier(), _tiled);
        Verify(new ParityMask(), new DistanceBias(0.02f), _split);
        Verify(new CausalMask(), new SoftCap(3f), _tiled);
        Verify(new NoMask(), new Checkerboard(), _tiled);
        Verify(new CausalMask(), new EveryThirdKey(), _tiled);
        Verify(new CausalMask(), new NoModifier(), _tiled with { Scale = -0.3f });
        Verify(new CausalMask(), new NoModifier(), _tiled with { Scale = 0f });

        void Verify<TMask, TModifier>(TMask mask, TModifier modifier, AttentionOptions options)
            where TMask : struct, IMask<TMask>
            where TModifier : struct, IScoreModifier<TModifier>
        {
            AttentionInputs inputs = AttentionRunner.Inputs(attention) with { Scale = options.Scale };
            AttentionRunner.Verify(Device(backend), attention, inputs, mask, modifier, options, StoredType.Float16);
        }
    }

    [Theory, EachBackend(1, CudaOnly = true), EachBackend(16, CudaOnly = true), EachBackend(256, CudaOnly = true)]
    public void Pages_agree_with_the_oracle(Backend backend, int pageSize)
    {
        CacheOptions storage = PagedRunner.DefaultStorage with { KeyFormat = NumberFormat.Float16, ValueFormat = NumberFormat.Float16 };
        using var runner = new PagedRunner(Device(backend), 3, [1, 0, 37, 70], [300, 9, 170, 70], 6, 2, 64, pageSize, storage);
        foreach (AttentionOptions options in (AttentionOptions[])[_tiled, _split, _split with { Splits = null, Reduction = Reduction.BatchInvariant }])
        {
            using PagedAttentionPlan<Half> plan = Device(backend).PlanPagedAttention(
                runner.Table, 6, 70, new CausalMask(), new NoModifier(), NumberFormat.Float16, options);
            (float[][] output, float[][] logSumExp) = runner.Run(plan, StoredType.Float16);
            Action verify = () =>
                PagedVerification.AgreesWithOracle(runner, options, StoredType.Float16, output, logSumExp, new CausalMask(), new NoModifier());
            verify.Should().NotThrow(options.ToString());
        }

        AttentionOptions forced = new() { Schedule = KernelSchedule.TensorCore };
        using PagedAttentionPlan<Half> cascade = Device(backend).PlanCascadeAttention(
            runner.Table, 6, 70, new CausalMask(), new NoModifier(), NumberFormat.Float16, forced);
        (float[][] Output, float[][] LogSumExp) result = runner.Run(cascade, StoredType.Float16);
        PagedVerification.AgreesWithOracle(
            runner, forced, StoredType.Float16, result.Output, result.LogSumExp, new CausalMask(), new NoModifier());
    }

    // Each format of keys and of values, with each kind of scales; of values other units than of keys; rows that begin anywhere.
    private static readonly (int HeadDimension, NumberFormat Key, NumberFormat Value, PageScales Scales, PageLayout Layout)[] _ways =
    [
        (72, NumberFormat.Int8, NumberFormat.Int8, PageScales.TokenAndHead, PageLayout.TokensFirst),
        (40, NumberFormat.Float8E4M3, NumberFormat.Float8E5M2, PageScales.Head, PageLayout.HeadsFirst),
        (136, NumberFormat.Int4, NumberFormat.Int4, PageScales.TokenAndHead, PageLayout.HeadsFirst),
        (72, NumberFormat.Float8E5M2, NumberFormat.Int4, PageScales.TokenAndHead, PageLayout.TokensFirst),
        (72, NumberFormat.Int4, NumberFormat.Float8E4M3, PageScales.Layer, PageLayout.TokensFirst),
    ];

    public static IEnumerable<int> Ways => Enumerable.Range(0, _ways.Length);

    [Theory, EachBackend(CudaOnly = true, Cases = nameof(Ways))]
    public void Pages_of_few_bits_agree_with_the_oracle(Backend backend, int way)
    {
        CacheOptions storage = PagedRunner.DefaultStorage with
        {
            KeyFormat = _ways[way].Key,
            ValueFormat = _ways[way].Value,
            Scales = _ways[way].Scales,
            Layout = _ways[way].Layout,
        };
        using var runner = new PagedRunner(Device(backend), way, [1, 0, 37, 70], [130, 9, 170, 70], 6, 2, _ways[way].HeadDimension, 8, storage);
        Verify(StoredType.Float16, _tiled);
        Verify(StoredType.BFloat16, _split);

        void Verify<T>(StoredType<T> stored, AttentionOptions options)
            where T : unmanaged
        {
            using PagedAttentionPlan<T> plan = Device(backend).PlanPagedAttention(
                runner.Table, 6, 70, new CausalMask(), new NoModifier(), stored.Type, options);
            (float[][] output, float[][] logSumExp) = runner.Run(plan, stored);
            PagedVerification.AgreesWithOracle(runner, options, stored, output, logSumExp, new CausalMask(), new NoModifier());
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void A_scale_that_is_no_number_reaches_the_rows_that_attend_to_it_and_no_others(Backend backend)
    {
        CacheOptions storage = PagedRunner.DefaultStorage with { KeyFormat = NumberFormat.Int8, ValueFormat = NumberFormat.Int8 };
        using var runner = new PagedRunner(Device(backend), 5, [70], [70], 6, 2, 72, 8, storage);
        TensorView<float> valueScales = runner.Cache.ValueScales();
        float[] scales = valueScales.ToArray();
        scales[StoredPages.ScaleRow(runner.Cache.Options, (int)runner.Table.Slot(0, 40), 0)] = float.NaN;
        valueScales.CopyFrom(scales);
        using PagedAttentionPlan<Half> plan = Device(backend).PlanPagedAttention(
            runner.Table, 6, 70, new CausalMask(), new NoModifier(), NumberFormat.Float16, _tiled);

        (float[][] output, _) = runner.Run(plan, StoredType.Float16);

        // Query heads 0 to 2 share kv head 0.
        for (int row = 0; row < 70 * 6; row++)
        {
            bool attends = row / 6 >= 40 && row % 6 < 3;
            output[0].AsSpan(row * 72, 72).ToArray().Should().OnlyContain(element => float.IsNaN(element) == attends, "it is row {0}", row);
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void A_scale_beyond_16_bits_is_as_good_as_others(Backend backend)
    {
        // A token of ones times 2·10⁵, of which outputs take a part.
        CacheOptions storage = PagedRunner.DefaultStorage with { KeyFormat = NumberFormat.Int8, ValueFormat = NumberFormat.Int8 };
        using var runner = new PagedRunner(Device(backend), 5, [70], [70], 6, 2, 72, 8, storage);
        int slot = (int)runner.Table.Slot(0, 10);
        float[] scales = runner.Cache.ValueScales().ToArray();
        sbyte[] values = runner.Cache.Values<sbyte>().ToArray();
        scales[StoredPages.ScaleRow(runner.Cache.Options, slot, 0)] = 2e5f;
        values.AsSpan(2 * 72 * slot, 72).Fill(1);
        runner.Cache.ValueScales().CopyFrom(scales);
        runner.Cache.Values<sbyte>().CopyFrom(values);
        runner.ReadStored();
        using PagedAttentionPlan<Half> plan = Device(backend).PlanPagedAttention(
            runner.Table, 6, 70, new SlidingWindow(30), new NoModifier(), NumberFormat.Float16, _tiled);

        (float[][] output, float[][] logSumExp) = runner.Run(plan, StoredType.Float16);

        PagedVerification.AgreesWithOracle(
            runner, _tiled, StoredType.Float16, output, logSumExp, new SlidingWindow(30), new NoModifier());
    }

    // Many queries by tiles of many rows, split or not; a few by the tiles that decode.
    [Theory, EachBackend(70, CudaOnly = true), EachBackend(7, CudaOnly = true)]
    public void Infinities_and_NaN_reach_the_rows_that_attend_to_them_and_no_others(Backend backend, int queries)
    {
        const int Keys = 70;
        AttentionCase attention = AttentionCase.Parse($"1x2/1x{queries}x{Keys}x64 CausalBottomRight Dense");
        AttentionInputs inputs = AttentionRunner.Inputs(attention);

        // Query 1 attends to the first of these, query 5 to all.
        int first = Keys - queries + 1;
        inputs.Value[inputs.KeyRow(0, 0, first) + 3] = float.NaN;
        inputs.Value[inputs.KeyRow(0, 0, first + 1) + 4] = float.PositiveInfinity;
        inputs.Value[inputs.KeyRow(0, 0, first + 2) + 5] = float.NegativeInfinity;
        inputs.Value[inputs.KeyRow(0, 0, first + 3) + 6] = float.PositiveInfinity;
        inputs.Value[inputs.KeyRow(0, 0, first + 4) + 6] = float.NegativeInfinity;

        foreach (AttentionOptions options in (AttentionOptions[])[_tiled, _split])
        {
            Verify(StoredType.Float16, options);
            Verify(StoredType.BFloat16, options);
        }

        void Verify<T>(StoredType<T> stored, AttentionOptions options)
            where T : unmanaged
        {
            float[] output = AttentionRunner.Run(Device(backend), attention, inputs, new CausalMask(), new NoModifier(), options, stored).Output;
            for (int query = 0; query < queries; query++)
            {
                for (int column = 0; column < 64; column++)
                {
                    float element = output[inputs.QueryRow(0, 1, query) + column];
                    float expected = (column, query) switch
                    {
                        (3, >= 1) or (6, >= 5) => float.NaN,
                        (4, >= 2) or (6, >= 4) => float.PositiveInfinity,
                        (5, >= 3) => float.NegativeInfinity,
                        _ => 0f,
                    };
                    (float.IsFinite(element) ? 0f : element).Should().Be(expected, "of query {0}, column {1}", query, column);
                }
            }
        }
    }

    // Up to 2²⁹ and 2⁵³: 16 bits have no exponents for the rounding errors of such scores, which are those of fp32 products. The last are
    // infinite now and then.
    [Theory, EachBackend(CudaOnly = true)]
    public void Scores_may_be_large(Backend backend)
    {
        foreach (AttentionOptions options in (AttentionOptions[])[_tiled, _split])
        {
            Verify("1x2/1x70x150x64 CausalBottomRight Dense", StoredType.Float16, 1e4f, options);
            Verify("1x2/1x70x150x64 CausalBottomRight Dense", StoredType.BFloat16, 1e8f, options);
            Verify("1x2/1x70x150x64 CausalBottomRight Dense", StoredType.Float16, 4e4f, options);
        }

        // A warp has 16 rows.
        Verify("1x2/1x70x90x256 CausalBottomRight Dense", StoredType.Float16, 1e4f, _tiled);

        void Verify<T>(string text, StoredType<T> stored, float factor, AttentionOptions options)
            where T : unmanaged
        {
            AttentionCase attention = AttentionCase.Parse(text);
            AttentionInputs inputs = AttentionRunner.Inputs(attention);
            inputs = inputs with { Query = Times(inputs.Query), Key = Times(inputs.Key), Value = stored.Round(inputs.Value) };
            (float[] output, float[] logSumExp, _) = AttentionRunner.Run(
                Device(backend), attention, inputs, new CausalMask(), new NoModifier(), options, stored);

            (double[] expected, double[] expectedSums) = AttentionOracle.Compute(inputs, new CausalMask(), new NoModifier());
            float[] sequential = AttentionOracle.Sequential(
                inputs, new CausalMask(), new NoModifier(), stored.RoundingOf(KernelSchedule.TensorCore));
            ErrorRule.Verify(output, expected, stored.Round(sequential), inputs.Value);
            logSumExp.Should().Equal(expectedSums, (found, sum) => double.IsNaN(sum) ? float.IsNaN(found) : Math.Abs((found / sum) - 1) < 1e-6);

            float[] Times(float[] numbers) => stored.Round(Array.ConvertAll(numbers, number => number * factor));
        }
    }

    // Times log₂ e such a score is −∞, as if the key were masked.
    [Theory, EachBackend(CudaOnly = true)]
    public void The_lowest_score_is_one(Backend backend)
    {
        AttentionCase attention = AttentionCase.Parse("1x2/1x70x90x72 CausalBottomRight Dense");
        foreach (AttentionOptions options in (AttentionOptions[])[_tiled, _split])
        {
            AttentionRunner.Verify(
                Device(backend), attention, AttentionRunner.Inputs(attention), new CausalMask(), new LowestScores(), options, StoredType.Float16);
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Means_of_small_integers_are_exact(Backend backend)
    {
        // Scores are all 0 and weights 1: the output of query i is the mean of the values 0 to i, here of the first i + 1 odd numbers times
        // a factor of the column, which is i + 1 times that factor.
        AttentionCase attention = AttentionCase.Parse("1x2/1x128x128x64 CausalBottomRight Dense");
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        Array.Clear(inputs.Query);
        for (int key = 0; key < 128; key++)
        {
            for (int column = 0; column < 64; column++)
                inputs.Value[inputs.KeyRow(0, 0, key) + column] = Factor(column) * ((2 * key) + 1);
        }

        float[] output = AttentionRunner.Run(
            Device(backend), attention, inputs, new CausalMask(), new NoModifier(), _tiled, StoredType.Float16).Output;

        output.Should().Equal(Enumerable.Range(0, output.Length).Select(index => (float)(Factor(index % 64) * (1 + (index / 64 / 2)))));

        static int Factor(int column) => (column % 9) - 4;
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Where_rows_begin_changes_no_bits(Backend backend)
    {
        AttentionCase dense = AttentionCase.Parse("1x2/1x40x300x64 CausalBottomRight Dense");
        AttentionInputs inputs = AttentionRunner.Inputs(dense);

        AttentionResult aligned = Run(dense, _tiled);

        Run(dense with { Layout = MemoryLayout.Padded }, _tiled).Should().BeEquivalentTo(aligned);
        Run(dense with { Layout = MemoryLayout.HeadsFirst }, _tiled).Should().BeEquivalentTo(aligned);
        Run(dense with { Layout = MemoryLayout.PaddedValues }, _tiled).Should().BeEquivalentTo(aligned);

        AttentionResult Run(AttentionCase attention, AttentionOptions options) =>
            AttentionRunner.Run(Device(backend), attention, inputs, new CausalMask(), new NoModifier(), options, StoredType.Float16);
    }

    // Narrow heads sum their weights by products then.
    [Theory, EachBackend(CudaOnly = true)]
    public void Without_a_log_sum_exp_outputs_agree_with_the_oracle(Backend backend)
    {
        Verify("2x4/2x70x150x64 CausalBottomRight Dense", StoredType.Float16);
        Verify("1x2/1x33x130x16 CausalBottomRight Dense", StoredType.BFloat16);
        Verify("1x1/1x5x0x64 CausalBottomRight Dense", StoredType.Float16);

        void Verify<T>(string text, StoredType<T> stored)
            where T : unmanaged
        {
            AttentionDevice device = Device(backend);
            AttentionCase attention = AttentionCase.Parse(text);
            AttentionInputs inputs = AttentionRunner.Inputs(attention);
            inputs = inputs with { Query = stored.Round(inputs.Query), Key = stored.Round(inputs.Key), Value = stored.Round(inputs.Value) };
            using Tensor<T> query = device.Upload(stored.Store(inputs.Query), attention.QueryShape);
            using Tensor<T> key = device.Upload(stored.Store(inputs.Key), attention.KeyShape);
            using Tensor<T> value = device.Upload(stored.Store(inputs.Value), attention.KeyShape);
            using var output = GuardedTensor<T>.Poisoned(device, attention.QueryShape);
            using AttentionPlan<T> plan = device.PlanAttention(
                attention.QueryShape, attention.KeyShape, new CausalMask(), new NoModifier(), stored.Type, _tiled);

            plan.Run(query, key, value, output);
            device.Synchronize();

            output.Verify();
            (double[] expected, _) = AttentionOracle.Compute(inputs, new CausalMask(), new NoModifier());
            Func<float, float>? roundWeight = stored.RoundingOf(KernelSchedule.TensorCore);
            float[] sequential = AttentionOracle.Sequential(inputs, new CausalMask(), new NoModifier(), roundWeight);
            ErrorRule.Verify(stored.Load(output.ToArray()), expected, stored.Round(sequential), inputs.Value);
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Two_streams_give_the_same_bits(Backend backend)
    {
        AttentionDevice device = Device(backend);
        AttentionCase attention = AttentionCase.Parse("1x2/1x40x100x64 CausalBottomRight Dense");
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        using Tensor<Half> query = device.Upload(StoredType.Float16.Store(inputs.Query), attention.QueryShape);
        using Tensor<Half> key = device.Upload(StoredType.Float16.Store(inputs.Key), attention.KeyShape);
        using Tensor<Half> value = device.Upload(StoredType.Float16.Store(inputs.Value), attention.KeyShape);
        using Tensor<Half> first = device.Allocate<Half>(attention.QueryShape);
        using Tensor<Half> second = device.Allocate<Half>(attention.QueryShape);
        using AcceleratorStream stream = device.Accelerator.CreateStream();
        using AttentionPlan<Half> plan = device.PlanAttention(
            attention.QueryShape, attention.KeyShape, new CausalMask(), new NoModifier(), NumberFormat.Float16, _split);

        plan.Run(query, key, value, first);
        plan.Run(query, key, value, second, stream: stream);
        device.Synchronize();
        stream.Synchronize();

        first.ToArray().Should().Equal(second.ToArray());
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void The_plan_says_why_it_is_taken_or_not(Backend backend)
    {
        using Tensor<int> parents = Device(backend).Upload([-1], [1]);
        Explain(64, NumberFormat.Float16).Should().Contain("TensorCore schedule").And.Contain("schedule TensorCore: taken, the device");
        Explain(64, NumberFormat.Float16, KernelSchedule.Simt).Should().Contain("schedule TensorCore: not taken, the options ask for another");
        Explain(64, NumberFormat.Float32).Should().Contain("schedule TensorCore: not taken, it is for query and output of fp16 or bf16");
        Explain(64, NumberFormat.Float16, scale: -2000f).Should().Contain("schedule TensorCore: not taken, it is for scales up to 32");
        ExplainPages(NumberFormat.Int8, NumberFormat.Float8E4M3).Should().Contain("schedule TensorCore: taken");
        ExplainPages(NumberFormat.Float16, NumberFormat.Float32).Should().Contain("schedule TensorCore: not taken, it is for keys and values of");
        ExplainPages(NumberFormat.BFloat16, NumberFormat.Int8).Should().Contain("schedule TensorCore: not taken, it is for keys and values of");
        Explain(60, NumberFormat.Float16).Should().Contain("schedule TensorCore: not taken, it is for head and value dimensions");
        Explain(264, NumberFormat.Float16).Should().Contain("Simt schedule").And.Contain("schedule TensorCore: not taken");
        Explain(8, NumberFormat.Float16).Should().Contain("schedule TensorCore: not taken");
        Decode(100, new CausalMask()).Should().Contain("schedule TensorCore: taken");
        Decode(100, new TreeMask(parents)).Should().Contain("schedule TensorCore: taken");
        Decode(192, new CausalMask()).Should().Contain("schedule TensorCore: taken");
        Decode(136, new CausalMask()).Should().Contain("not taken, it is for head and value dimensions up to 128, and beyond for both the same and a multiple of 64 up to 192; they are 136 and 136");
        Decode(256, new CausalMask()).Should().Contain("not taken, it is for head and value dimensions up to 128").And.Contain("they are 256 and 256");
        Decode(192, new TreeMask(parents)).Should().Contain("not taken, beyond dimension 128 it is for masks whose ranges are exact");

        // fp32 queries over pages of fp16.
        string Decode<TMask>(int headDimension, TMask mask)
            where TMask : struct, IMask<TMask>
        {
            CacheOptions storage = PagedRunner.DefaultStorage with { KeyFormat = NumberFormat.Float16, ValueFormat = NumberFormat.Float16 };
            using var runner = new PagedRunner(Device(backend), 0, [1], [600], 1, 1, headDimension, 16, storage);
            using PagedAttentionPlan<float> plan = Device(backend).PlanPagedAttention(runner.Table, 1, 1, mask);
            return plan.Explain();
        }

        string Explain<T>(int headDimension, NumberFormat<T> format, KernelSchedule? schedule = null, float? scale = null)
            where T : unmanaged
        {
            TensorShape shape = [1, 30, 1, headDimension];
            using AttentionPlan<T> plan = Device(backend).PlanAttention(
                shape, shape, new CausalMask(), new NoModifier(), format, new AttentionOptions { Schedule = schedule, Scale = scale });
            return plan.Explain();
        }

        string ExplainPages(NumberFormat keys, NumberFormat values)
        {
            CacheOptions storage = PagedRunner.DefaultStorage with { KeyFormat = keys, ValueFormat = values };
            using var runner = new PagedRunner(Device(backend), 0, [30], [30], 1, 1, 64, 16, storage);
            using PagedAttentionPlan<Half> plan = Device(backend).PlanPagedAttention(
                runner.Table, 1, 30, new CausalMask(), new NoModifier(), NumberFormat.Float16, new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled });
            return plan.Explain();
        }
    }

    [Theory, EachBackend]
    public void What_it_does_not_cover_is_refused(Backend backend)
    {
        TensorShape shape = [1, 3, 1, 60];
        Action half = () => Device(backend).PlanAttention(shape, shape, new CausalMask(), new NoModifier(), NumberFormat.Float16, _tiled);
        Action single = () => Device(backend).PlanAttention(shape, shape, new CausalMask(), new NoModifier(), NumberFormat.Float32, _split);
        Action naive = () => Device(backend).PlanAttention(
            shape, shape, new CausalMask(), new NoModifier(), NumberFormat.Float16, _tiled with { Algorithm = AttentionAlgorithm.Naive });

        half.Should().Throw<NotSupportedException>().WithMessage(
            backend == Backend.Cuda ? "*multiples of 8 from 16 to 256*60 and 60*" : "*CUDA devices of sm_80*");
        single.Should().Throw<NotSupportedException>().WithMessage("*TensorCore schedule cannot*");
        naive.Should().Throw<NotSupportedException>().WithMessage("*naive algorithm has no TensorCore schedule*");
    }
}
