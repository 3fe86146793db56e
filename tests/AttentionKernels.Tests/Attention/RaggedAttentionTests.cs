using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Sequences of their own lengths, one behind the other: each has what it has alone, whatever its neighbours.</summary>
public class RaggedAttentionTests(TestDevices devices) : DeviceTests(devices)
{
    // Empty ones, one query, more queries than keys, none of either; over the ends of tiles.
    private static readonly RaggedRunner _mixed = new([3, 0, 1, 70, 9, 2], [5, 4, 150, 66, 3, 0], 24, 24) { Padding = 5 };

    // On the managed CPU a work group is as many threads, and the emulated device executes an instruction at a time.
    private static readonly RaggedRunner _few = new([3, 0, 1, 9], [70, 4, 5, 3], 8, 8) { Padding = 1 };

    [Theory, EachBackend]
    public void Every_kernel_agrees_with_the_oracle(Backend backend)
    {
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            RaggedRunner runner = backend == Backend.OpenCl || options.Schedule == KernelSchedule.Vector ? _mixed : _few;
            runner.Verify(Device(backend), new CausalMask(), new NoModifier(), StoredType.Float32, options);
        }
    }

    [Theory, EachBackend]
    public void Masks_and_modifiers_see_sequences(Backend backend)
    {
        RaggedRunner runner = backend == Backend.Cuda ? _few : _mixed;
        runner.Verify(Device(backend), new NoMask(), new SequenceBias(), StoredType.Float32, new AttentionOptions());
        runner.Verify(
            Device(backend), new SlidingWindowMask(9, 2), new AlibiBias(runner.Heads), StoredType.Float32, new AttentionOptions());
    }

    [Theory, EachBackend]
    public void Sixteen_bits_agree_with_the_oracle(Backend backend)
    {
        // By tensor cores where the device has them, few queries and many.
        RaggedRunner runner = _mixed with { HeadDimension = 64, ValueDimension = 64, Padding = 8 };
        runner.Verify(Device(backend), new CausalMask(), new NoModifier(), StoredType.Float16, new AttentionOptions());
        runner.Verify(Device(backend), new NoMask(), new NoModifier(), StoredType.BFloat16, new AttentionOptions());

        // Rows that begin anywhere.
        (runner with { Padding = 1 }).Verify(Device(backend), new CausalMask(), new NoModifier(), StoredType.Float16, new AttentionOptions());
    }

    [Theory, EachBackend]
    public void There_may_be_no_sequence(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using RaggedAttentionPlan<float> plan = device.PlanRaggedAttention(_few.Shape with { Sequences = 0 }, new CausalMask());
        using Tensor<float> query = device.Allocate<float>([0, _few.Heads, 8]);
        using Tensor<float> key = device.Allocate<float>([0, _few.KeyValueHeads, 8]);
        using Tensor<float> output = device.Allocate<float>(query.Shape);

        plan.Run(query, key, key, new RaggedLengths([]), output);
        plan.Run(query, key, key, RaggedLengths.FromOffsets([0]), output);

        FluentActions.Invoking(() => plan.Run(query, key, key, new RaggedLengths([1]), output)).Should().Throw<ArgumentException>();
    }

    [Theory, EachBackend(24, 40), EachBackend(40, 24), EachBackend(576, 512)]
    public void Values_may_have_a_dimension_of_their_own(Backend backend, int headDimension, int valueDimension)
    {
        RaggedRunner runner = _few with { HeadDimension = headDimension, ValueDimension = valueDimension, Padding = 0 };
        foreach (AttentionAlgorithm algorithm in (AttentionAlgorithm[])[AttentionAlgorithm.Tiled, AttentionAlgorithm.SplitKv])
            runner.Verify(Device(backend), new CausalMask(), new NoModifier(), StoredType.Float32, new AttentionOptions { Algorithm = algorithm });
        if (backend == Backend.Cuda && valueDimension == 40)
            runner.Verify(Device(backend), new CausalMask(), new NoModifier(), StoredType.Float16, new AttentionOptions());
    }

    [Theory, EachBackend(24, 40), EachBackend(40, 24)]
    public void So_may_those_of_sequences_of_one_length(Backend backend, int headDimension, int valueDimension)
    {
        var runner = new RaggedRunner([5], [70], headDimension, valueDimension);
        AttentionDevice device = Device(backend);
        AttentionInputs inputs = (runner with { ValueDimension = headDimension }).Sequence(0, StoredType.Float32);
        using RaggedAttentionPlan<float> ragged = device.PlanRaggedAttention(
            runner.Shape, new CausalMask(), new AttentionOptions { ValueDimension = valueDimension });
        float[] values = [.. runner.Sequence(0, StoredType.Float32).Value.Chunk(Math.Max(headDimension, valueDimension)).SelectMany(row => row.Take(valueDimension))];
        using Tensor<float> query = device.Upload(inputs.Query, [1, 5, runner.Heads, headDimension]);
        using Tensor<float> key = device.Upload(inputs.Key, [1, 70, runner.KeyValueHeads, headDimension]);
        using Tensor<float> value = device.Upload(values, [1, 70, runner.KeyValueHeads, valueDimension]);

        using Tensor<float> output = device.Attention(
            query, key, value, new CausalMask(), NumberFormat.Float32,
            new AttentionOptions { ValueDimension = valueDimension, Algorithm = ragged.Algorithm, Splits = ragged.Algorithm == AttentionAlgorithm.SplitKv ? ragged.Splits : null });

        output.Shape.Should().Equal(1, 5, runner.Heads, valueDimension);
        output.ToArray().Should().Equal(runner.Run(ragged, StoredType.Float32).Outputs[0]);
    }

    [Theory, EachBackend]
    public void A_sequence_has_the_bits_it_has_alone(Backend backend)
    {
        var options = new AttentionOptions { Reduction = Reduction.BatchInvariant };
        RaggedRunner runner = backend == Backend.Cuda ? _few : _mixed;
        AttentionDevice device = Device(backend);
        using RaggedAttentionPlan<float> plan = device.PlanRaggedAttention(runner.Shape, new CausalMask(), options);
        float[][] together = runner.Run(plan, StoredType.Float32).Outputs;
        for (int sequence = 0; sequence < runner.Queries.Length; sequence++)
        {
            AttentionInputs inputs = runner.Sequence(sequence, StoredType.Float32);
            using Tensor<float> query = device.Upload(inputs.Query, [1, inputs.Queries, runner.Heads, runner.HeadDimension]);
            using Tensor<float> key = device.Upload(inputs.Key, [1, inputs.Keys, runner.KeyValueHeads, runner.HeadDimension]);
            using Tensor<float> value = device.Upload(inputs.Value, key.Shape);

            using Tensor<float> alone = device.Attention(query, key, value, new CausalMask(), options);

            together[sequence].Should().Equal(alone.ToArray());
        }
    }

    [Theory, EachBackend]
    public void Lengths_may_change_from_run_to_run(Backend backend)
    {
        RaggedRunner[] steps =
        [
            _few, _few with { Queries = [1, 1, 1, 1] }, _few with { Queries = [0, 0, 0, 0] }, _few with { Keys = [0, 0, 0, 0] },
            _few with { Queries = [9, 9, 9, 9], Keys = [70, 1, 70, 69] },
        ];
        using RaggedAttentionPlan<float> plan = Device(backend).PlanRaggedAttention(_few.Shape, new CausalMask());
        foreach (RaggedRunner step in steps)
        {
            using RaggedAttentionPlan<float> anew = Device(backend).PlanRaggedAttention(_few.Shape, new CausalMask());
            (float[][] outputs, float[][] states) = step.Run(plan, StoredType.Float32);
            (float[][] expected, float[][] expectedStates) = step.Run(anew, StoredType.Float32);
            outputs.Should().BeEquivalentTo(expected, same => same.WithStrictOrdering());
            states.Should().BeEquivalentTo(expectedStates, same => same.WithStrictOrdering());
            if (step.Keys.Sum() == 0)
                outputs.Should().AllSatisfy(output => output.Should().NotContain(number => number != 0f));
        }
    }

    [Theory, EachBackend]
    public void Offsets_say_what_lengths_say(Backend backend)
    {
        RaggedRunner runner = backend == Backend.Cuda ? _few : _mixed;
        using RaggedAttentionPlan<float> plan = Device(backend).PlanRaggedAttention(runner.Shape, new CausalMask());
        (float[][] outputs, float[][] states) = runner.Run(plan, StoredType.Float32);
        (float[][] again, float[][] statesAgain) = (runner with { ByOffsets = true }).Run(plan, StoredType.Float32);
        again.Should().BeEquivalentTo(outputs, same => same.WithStrictOrdering());
        statesAgain.Should().BeEquivalentTo(states, same => same.WithStrictOrdering());

        // Self attention.
        AttentionDevice device = Device(backend);
        int[] lengths = runner.Queries;
        RaggedShape shape = runner.Shape with { Heads = 3, KeyValueHeads = 3, HeadDimension = 8, MaximumKeys = lengths.Max() };
        using RaggedAttentionPlan<float> ofSelf = device.PlanRaggedAttention(shape, new CausalMask());
        using Tensor<float> tokens = device.Upload(RandomData.Normal(2, lengths.Sum() * 24), [lengths.Sum(), 3, 8]);
        using Tensor<float> byLengths = device.Allocate<float>(tokens.Shape);
        using Tensor<float> byOffsets = device.Allocate<float>(tokens.Shape);
        ofSelf.Run(tokens, tokens, tokens, new RaggedLengths(lengths), byLengths);
        ofSelf.Run(tokens, tokens, tokens, RaggedLengths.FromOffsets(RaggedRunner.Offsets(lengths)), byOffsets);
        byOffsets.ToArray().Should().Equal(byLengths.ToArray());
    }

    [Fact]
    public void Offsets_begin_at_0_and_never_fall()
    {
        Refuses([], [0], "queries", "There is no offset*");
        Refuses([1, 3], [0, 3], "queries", "Offset 0 is 1*be 0*");
        Refuses([0, 3, 2], [0, 3, 4], "queries", "Offset 2 is 2*at least the one before, 3*");
        Refuses([0, 3], [], "keys", "There is no offset*");
        Refuses([0, 3], [0, -1], "keys", "Offset 1 is -1*");
        FluentActions.Invoking(() => RaggedLengths.FromOffsets([0, int.MaxValue, int.MinValue]).Queries.Count).Should().Throw<ArgumentException>()
            .WithParameterName("tokens").WithMessage("Offset 2*");
        RaggedLengths.FromOffsets([0, 0, int.MaxValue]).Queries.Count.Should().Be(2);

        static void Refuses(int[] queries, int[] keys, string name, string message) =>
            FluentActions.Invoking(() => RaggedLengths.FromOffsets(queries, keys).Queries.Count)
                .Should().Throw<ArgumentException>().WithParameterName(name).WithMessage(message);
    }

    [Theory, EachBackend]
    public void Means_of_small_integers_are_exact(Backend backend)
    {
        // Queries of 0 weigh all keys alike; of 1, 2, 8 and 64 keys the mean is exact.
        int[] keys = [1, 2, 8, 64];
        AttentionDevice device = Device(backend);
        var random = new Random(3);
        float[] values = [.. Enumerable.Range(0, keys.Sum()).Select(_ => (float)random.Next(-9, 10))];
        using Tensor<float> value = device.Upload(values, [values.Length, 1, 1]);
        using Tensor<float> query = device.Upload(new float[keys.Length], [keys.Length, 1, 1]);
        using Tensor<float> output = device.Allocate<float>(query.Shape);
        var shape = new RaggedShape { Sequences = keys.Length, Heads = 1, KeyValueHeads = 1, HeadDimension = 1, MaximumQueries = 1, MaximumKeys = 64 };
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            using RaggedAttentionPlan<float> plan = device.PlanRaggedAttention(shape, new NoMask(), options);
            plan.Run(query, value, value, new RaggedLengths([1, 1, 1, 1], keys), output);

            output.ToArray().Should().Equal(keys.Select((length, sequence) => values.AsSpan(keys[..sequence].Sum(), length).ToArray().Average()));
        }
    }

    [Theory, EachBackend]
    public void Lengths_are_refused_by_name(Backend backend)
    {
        AttentionDevice device = Device(backend);
        var shape = new RaggedShape { Sequences = 2, Heads = 2, KeyValueHeads = 1, HeadDimension = 8, MaximumQueries = 3, MaximumKeys = 5 };
        using RaggedAttentionPlan<float> plan = device.PlanRaggedAttention(shape, new CausalMask());
        using Tensor<float> query = device.Upload(new float[64], [4, 2, 8]);
        using Tensor<float> key = device.Upload(new float[56], [7, 1, 8]);
        using Tensor<float> output = device.Upload(Enumerable.Repeat(7f, 64).ToArray(), [4, 2, 8]);

        Refuses([3], [2, 5], "lengths", "*1 query lengths*2 sequences*");
        Refuses([3, 1], [7], "lengths", "*1 key lengths*2 sequences*");
        Refuses([4, 0], [2, 5], "lengths", "*Sequence 0 has 4 query tokens*0 to 3*");
        Refuses([3, 1], [1, 6], "lengths", "*Sequence 1 has 6 key tokens*0 to 5*");
        Refuses([-1, 3], [2, 5], "lengths", "*Sequence 0 has -1 query*");
        Refuses([3, 0], [2, 5], "query", "*[3, 2, 8]*");
        Refuses([3, 1], [2, 4], "key", "*[6, 1, 8]*");
        FluentActions.Invoking(() => plan.Run(query, key, key, RaggedLengths.FromOffsets([0, 3], [0, 2, 7]), output)).Should().Throw<ArgumentException>()
            .WithParameterName("lengths").WithMessage("*1 query lengths*2 sequences*");
        FluentActions.Invoking(() => plan.Run(query, key, key, RaggedLengths.FromOffsets([0, 3, 4], [0, 1, 7]), output)).Should().Throw<ArgumentException>()
            .WithParameterName("lengths").WithMessage("*Sequence 1 has 6 key tokens*");
        FluentActions.Invoking(() => device.PlanRaggedAttention(shape with { Sequences = -1 }, new CausalMask())).Should().Throw<ArgumentException>()
            .WithParameterName("shape").WithMessage("*-1 sequences*");
        FluentActions.Invoking(() => device.PlanRaggedAttention(shape, new CausalMask(), new AttentionOptions { ValueDimension = 513 }))
            .Should().Throw<ArgumentException>().WithParameterName("options").WithMessage("*value dimension is 513*512*");
        output.ToArray().Should().OnlyContain(number => number == 7f);
        plan.Run(query, key, key, new RaggedLengths([3, 1], [2, 5]), output);
        output.ToArray().Should().OnlyContain(number => number == 0f);

        void Refuses(int[] queries, int[] keys, string name, string message) =>
            FluentActions.Invoking(() => plan.Run(query, key, key, new RaggedLengths(queries, keys), output))
                .Should().Throw<ArgumentException>().WithParameterName(name).WithMessage(message);
    }
}
