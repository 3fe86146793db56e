using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Launching;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Pages that are handed on while a stream still writes, reads or copies them: what comes next, on another stream, comes behind.</summary>
public class SequenceStreamTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Repeats = 100;

    [Theory, EachBackend]
    public void Pages_that_are_swapped_out_on_one_stream_and_written_on_another(Backend backend)
    {
        using var scene = new Scene(Device(backend), pages: 3);
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            using CachedSequence one = scene.Cache.Start();
            scene.Append(one, [repeat, -repeat, 7], scene.First);
            one.SwapOut(scene.Second);
            using CachedSequence other = scene.Cache.Start();
            scene.Append(other, [1000, 1001, 1002, 1003, 1004], scene.First);
            other.Dispose();
            one.SwapIn(scene.Second);
            scene.Read(one, scene.First).Should().Equal(repeat, -repeat, 7);
        }
    }

    [Theory, EachBackend]
    public void A_page_that_is_copied_on_one_stream_and_written_anew_on_another(Backend backend)
    {
        using var scene = new Scene(Device(backend), pages: 4);
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            using CachedSequence one = scene.Cache.Start();
            scene.Append(one, [repeat, 5], scene.First);
            using CachedSequence fork = one.Fork();
            fork.Write(1, scene.Second);
            one.Write(1, scene.Second);
            scene.Overwrite(one, 1, 9, scene.First);
            scene.Read(fork, scene.Second).Should().Equal(repeat, 5);
            scene.Read(one, scene.Second).Should().Equal(repeat, 9);
        }
    }

    [Theory, EachBackend(false), EachBackend(true)]
    public void Pages_that_are_given_back_while_attention_reads_them(Backend backend, bool truncates)
    {
        using var scene = new Scene(Device(backend), pages: 2);
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            CachedSequence one = scene.Cache.Start();
            scene.Append(one, [repeat, repeat, repeat, repeat], scene.First);
            scene.Attend(one, scene.First);
            if (truncates)
                one.Truncate(1);
            else
                one.Dispose();
            using (CachedSequence other = scene.Cache.Start())
                scene.Append(other, [-5, -5], scene.Second);
            scene.Output.ToArray().Should().OnlyContain(element => element == repeat);
            one.Dispose();
        }
    }

    [Theory, EachBackend]
    public void A_prefix_that_is_found_before_the_stream_that_appends_it_is_done(Backend backend)
    {
        using var scene = new Scene(Device(backend), pages: 4);
        for (int repeat = 1; repeat <= Repeats; repeat++)
        {
            int[] prompt = [repeat, repeat, repeat, 8];
            using CachedSequence one = scene.Cache.Start(prompt);
            one.Length.Should().Be(0);
            scene.Append(one, prompt, scene.First);
            one.Commit();
            using CachedSequence other = scene.Cache.Start(prompt);
            other.Length.Should().Be(2);
            scene.Attend(other, scene.Second);
            scene.Output.ToArray(scene.Second).Should().OnlyContain(element => element == repeat);
        }
    }

    [Theory, EachBackend]
    public void Pages_that_are_swapped_in_on_one_stream_and_attended_on_another(Backend backend)
    {
        using var scene = new Scene(Device(backend), pages: 3);
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            using CachedSequence one = scene.Cache.Start();
            scene.Append(one, [repeat, repeat, repeat], scene.First);
            one.SwapOut(scene.First);
            one.SwapIn(scene.Second);
            scene.Attend(one, scene.First);
            scene.Output.ToArray(scene.First).Should().OnlyContain(element => element == repeat);
        }
    }

    [Theory, EachBackend]
    public void A_table_that_changes_while_a_run_on_another_stream_reads_it(Backend backend)
    {
        using var scene = new Scene(Device(backend), pages: 6);
        using CachedSequence one = scene.Cache.Start();
        using CachedSequence other = scene.Cache.Start();
        scene.Append(one, [3, 3], scene.First);
        scene.Append(other, [4, 4, 4], scene.First);
        using Tensor<float> second = scene.Device.Allocate<float>(scene.Output.Shape);
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            scene.Delay(scene.First);
            scene.Attend(one, scene.First);
            scene.Attend(other, scene.Second, second);
            scene.Output.ToArray().Should().OnlyContain(element => element == 3);
            second.ToArray().Should().OnlyContain(element => element == 4);
        }
    }

    /// <summary>10,000 random steps of sequences over three streams; a model on the host knows what each token is.</summary>
    [Theory, EachBackend(1), EachBackend(2)]
    public void Random_steps_over_three_streams(Backend backend, int seed)
    {
        using var scene = new Scene(Device(backend), pages: 24);
        var random = new Random(seed);
        AcceleratorStream[] streams = [scene.First, scene.Second, scene.Device.DefaultStream];
        var sequences = new List<(CachedSequence Sequence, List<int> Tokens)>();
        int steps = backend == Backend.Cuda ? 1500 : 10_000;
        int next = 1;
        int verified = 0;
        for (int step = 0; step < steps; step++)
        {
            AcceleratorStream stream = streams[random.Next(3)];
            int index = sequences.Count == 0 ? -1 : random.Next(sequences.Count);
            (CachedSequence sequence, List<int> tokens) = index < 0 ? (scene.Cache.Start(), []) : sequences[index];
            if (index < 0)
                sequences.Add((sequence, tokens));
            try
            {
                switch (random.Next(9))
                {
                    case 0 when sequences.Count < 6:
                        // Prompts of few kinds, so that prefixes are found.
                        int kind = random.Next(3);
                        int[] prompt = [.. Enumerable.Range(0, random.Next(1, 7)).Select(token => -10 - kind - (100 * token))];
                        CachedSequence started = scene.Cache.Start(prompt);
                        int[] missing = prompt[started.Length..];
                        List<int> known = [.. prompt[..started.Length]];
                        sequences.Add((started, known));
                        scene.Append(started, missing, stream);
                        known.AddRange(missing);
                        started.Commit();
                        break;
                    case 1 when sequences.Count < 6 && !sequence.IsSwappedOut:
                        sequences.Add((sequence.Fork(), [.. tokens]));
                        break;
                    case 2 when sequences.Count > 1:
                        sequence.Dispose();
                        sequences.RemoveAt(index);
                        break;
                    case 3 when sequence.IsSwappedOut:
                        sequence.SwapIn(stream);
                        break;
                    case 3:
                        sequence.SwapOut(stream);
                        break;
                    case 4 when !sequence.IsSwappedOut && tokens.Count > 0:
                        int length = random.Next(tokens.Count + 1);
                        sequence.Truncate(length);
                        tokens.RemoveRange(length, tokens.Count - length);
                        break;
                    case 5 when !sequence.IsSwappedOut && tokens.Count > 0:
                        int written = random.Next(tokens.Count);
                        sequence.Write(written, stream);
                        scene.Overwrite(sequence, written, next, stream);
                        tokens[written] = next++;
                        break;
                    case 6 when !sequence.IsSwappedOut:
                        scene.Read(sequence, stream).Should().Equal(tokens.Select(token => (float)token), "step {0} of seed {1}", step, seed);
                        verified++;
                        break;
                    case > 6 when !sequence.IsSwappedOut && tokens.Count < 12:
                        int[] added = [.. Enumerable.Range(next, random.Next(1, 4))];
                        scene.Append(sequence, added, stream);
                        tokens.AddRange(added);
                        next += added.Length;
                        break;
                }
            }
            catch (CacheCapacityException)
            {
                // Nothing has changed; a sequence is given up, so that others find room.
                sequences[0].Sequence.Dispose();
                sequences.RemoveAt(0);
            }
        }

        verified.Should().BeGreaterThan(steps / 30);
        foreach ((CachedSequence sequence, _) in sequences)
            sequence.Dispose();
        scene.Cache.Allocator.UsedPages.Should().Be(0);
    }

    /// <summary>A cache of pages of two tokens and two layers, whose keys and values are all a token's number, which comes late.</summary>
    private sealed class Scene : IDisposable
    {
        private const int Heads = 2;
        private const int Dimension = 4;
        private const int Width = Heads * Dimension;
        private const int MostTokens = 8;

        private readonly TileKernel<SlowFill, SlowFillArguments> _fill;
        private readonly BlockTable _table;
        private readonly PagedAttentionPlan<float> _plan;
        private readonly Tensor<float> _query;
        private readonly Tensor<float> _rows;
        private readonly Tensor<float> _numbers;
        private readonly Tensor<long> _slots;
        private readonly int _rounds;
        private bool _hasSlots;

        public Scene(AttentionDevice device, int pages)
        {
            Device = device;
            Cache = new PagedKeyValueCache(device, new CacheOptions
            {
                Pages = pages,
                PageSize = 2,
                Layers = 2,
                KeyValueHeads = Heads,
                HeadDimension = Dimension,
                HostPages = pages,
                SharesPrefixes = true,
            });
            _table = new BlockTable(Cache, sequences: 1, pagesPerSequence: 8);
            _plan = device.PlanPagedAttention(_table, Heads, maximumQueries: 1, new CausalMask());
            _query = device.Upload(RandomData.Normal(1, Width), [1, Heads, Dimension]);
            Output = device.Allocate<float>([1, Heads, Dimension]);
            _rows = device.Upload(new float[MostTokens * Width], [MostTokens, Heads, Dimension]);
            _numbers = device.Allocate<float>([MostTokens, Heads, Dimension]);
            _slots = device.Allocate<long>([MostTokens]);
            _fill = device.LoadTileKernel<SlowFill, SlowFillArguments>();
            _rounds = device.Description.Kind == DeviceKind.Cuda ? 50 : 4000;
            First = device.Accelerator.CreateStream();
            Second = device.Accelerator.CreateStream();
        }

        public AttentionDevice Device { get; }

        public PagedKeyValueCache Cache { get; }

        public AcceleratorStream First { get; }

        public AcceleratorStream Second { get; }

        public Tensor<float> Output { get; }

        /// <summary>Makes room for tokens and queues their keys and values, behind a kernel that takes its time.</summary>
        public void Append(CachedSequence sequence, int[] tokens, AcceleratorStream stream)
        {
            if (tokens.Length == 0)
                return;
            int first = sequence.Length;
            sequence.Extend(tokens, stream);
            Store(sequence, first, tokens, stream);
        }

        /// <summary>Queues another key and value of a token that <see cref="CachedSequence.Write"/> was called for.</summary>
        public void Overwrite(CachedSequence sequence, int token, int number, AcceleratorStream stream) => Store(sequence, token, [number], stream);

        /// <summary>The tokens, as the pages of both layers, keys and values, tell them.</summary>
        public float[] Read(CachedSequence sequence, AcceleratorStream stream)
        {
            float[][] stored = [.. Enumerable.Range(0, 2).SelectMany(layer =>
                new[] { Cache.Keys<float>(layer).ToArray(stream), Cache.Values<float>(layer).ToArray(stream) })];
            float[] Token(int token)
            {
                float[] numbers = [.. stored.SelectMany(elements => elements.Skip((int)sequence.Slot(token) * Width).Take(Width)).Distinct()];
                return numbers;
            }

            return [.. Enumerable.Range(0, sequence.Length).SelectMany(Token)];
        }

        /// <summary>Queues attention of one query to all tokens of a sequence, in the second layer.</summary>
        public void Attend(CachedSequence sequence, AcceleratorStream stream, Tensor<float>? output = null)
        {
            _table.Set(0, sequence);
            _plan.Run(_query, [1], output ?? Output, layer: 1, stream: stream);
        }

        /// <summary>Keeps a stream busy.</summary>
        public void Delay(AcceleratorStream stream) =>
            _fill.Run(stream, new SlowFillArguments(_numbers.View.Data, _rows.View.Data, 0, _rounds), _numbers.View.ElementCount);

        public void Dispose()
        {
            _plan.Dispose();
            _table.Dispose();
            Cache.Dispose();
            foreach (IDisposable owned in new IDisposable[] { _query, Output, _rows, _numbers, _slots, First, Second })
                owned.Dispose();
        }

        private void Store(CachedSequence sequence, int first, int[] tokens, AcceleratorStream stream)
        {
            _rows.Slice(0, 0, tokens.Length).CopyFrom([.. tokens.SelectMany(token => Enumerable.Repeat((float)token, Width))], stream);
            Delay(stream);
            TensorView<float> rows = _numbers.Slice(0, 0, tokens.Length);

            // By turns with slots and without.
            _hasSlots = !_hasSlots;
            if (_hasSlots)
                _slots.Slice(0, 0, tokens.Length).CopyFrom([.. Enumerable.Range(first, tokens.Length).Select(sequence.Slot)], stream);
            for (int layer = 0; layer < 2; layer++)
            {
                if (_hasSlots)
                    Cache.Append(rows, rows, _slots.Slice(0, 0, tokens.Length), layer, stream: stream);
                else
                    Cache.Append(sequence, rows, rows, first, layer, stream: stream);
            }
        }
    }
}
