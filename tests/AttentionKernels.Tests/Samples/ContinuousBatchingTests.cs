using AttentionKernels.Samples.ContinuousBatching;
using AttentionKernels.Samples.Llama;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Samples;

/// <summary>The serving sample gives each request exactly the tokens that it gets alone, whatever else runs and whoever makes room.</summary>
public class ContinuousBatchingTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Requests = 64;

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Each_request_gets_the_text_that_it_gets_alone(Backend backend)
    {
        Checkpoint checkpoint = Checkpoint.Load(new FileInfo(Path.Combine(SharedModels.Folder, "stories260K.bin")));
        Tokenizer tokenizer = Tokenizer.Load(new FileInfo(Path.Combine(SharedModels.Folder, "tok512.bin")), checkpoint.Shape.Vocabulary);
        using var decoder = new Decoder(Device(backend), checkpoint, NumberFormat.Float32);
        Request[] alone = Make();
        using (var server = new Server(decoder, new ServerOptions { Pages = 64, MaximumRunning = 1, SharesPrefixes = false }))
        {
            foreach (Request request in alone)
                server.Run([request]);
        }

        string[] expected = [.. alone.Select(request => Workload.Text(tokenizer, request))];
        expected.Should().OnlyContain(text => text.Length > 100);
        expected.Distinct().Should().HaveCountGreaterThan(24);

        ServingRecord roomy = Verify(new ServerOptions { Pages = 256 });
        roomy.Preemptions.Should().Be(0);
        roomy.PageWaste.Should().BeLessThan(0.04);
        roomy.HitRate.Should().BeGreaterThan(0.5);
        roomy.ContiguousWaste.Should().BeGreaterThan(10 * roomy.PageWaste);
        roomy.Steps.Max(step => step.Running).Should().BeGreaterThan(8);

        // So few pages that requests must make room, again and again.
        foreach (Preemption preemption in Enum.GetValues<Preemption>())
        {
            ServingRecord tight = Verify(new ServerOptions { Pages = 60, Preemption = preemption });
            tight.Preemptions.Should().BeGreaterThan(20);
            tight.PageWaste.Should().BeLessThan(0.04);
        }

        Verify(new ServerOptions { Pages = 40, PageSize = 16, MaximumRunning = 5, TokensPerStep = 40, SharesPrefixes = false }).HitRate.Should().Be(0);

        Request[] Make() => Workload.Make(tokenizer, Requests, checkpoint.Shape.MaximumPositions, seed: 0);

        ServingRecord Verify(ServerOptions options)
        {
            Request[] requests = Make();
            using var server = new Server(decoder, options);
            ServingRecord record = server.Run(requests);
            requests.Select(request => Workload.Text(tokenizer, request)).Should().Equal(expected);
            server.UsedPages.Should().Be(0);
            record.GeneratedTokens.Should().Be(requests.Sum(request => request.Tokens.Count - request.PromptLength));
            return record;
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void What_can_never_run_is_refused_before_anything_does(Backend backend)
    {
        Checkpoint checkpoint = Checkpoint.Load(new FileInfo(Path.Combine(SharedModels.Folder, "stories260K.bin")));
        using var decoder = new Decoder(Device(backend), checkpoint, NumberFormat.Float32);
        using var server = new Server(decoder, new ServerOptions { Pages = 4, PageSize = 8, MaximumRunning = 2 });

        server.Invoking(small => small.Run([new Request(0, 0, [1, 2, 3], 31)])).Should().Throw<ArgumentException>().WithMessage("Request 0 may have 33 tokens, which need 5 pages of 8; the cache has 4.*");
        ((Action)(() => new Server(decoder, new ServerOptions { Pages = 4, TokensPerStep = 20 }).Dispose())).Should().Throw<ArgumentException>().WithMessage("A step has 20 tokens (--tokens-per-step);*at least 32.");
        var fitting = new Request(1, 0, [1, 2, 3], 30);
        server.Run([fitting]);
        fitting.Tokens.Count.Should().BeGreaterThan(3);
        server.UsedPages.Should().Be(0);
    }

    [Fact]
    public void A_longer_prompt_finds_no_page_that_was_computed_in_another_order()
    {
        using var cache = new PagedKeyValueCache(
            Device(Backend.Cpu), new CacheOptions { Pages = 40, PageSize = 8, KeyValueHeads = 1, HeadDimension = 1, SharesPrefixes = true });
        int[] prompt = [.. Enumerable.Range(1, 41)];

        // One behind the other: a block and a page, then two blocks and a page, then a token more.
        Request[] requests = [new(0, 0, prompt[..24], 20), new(1, 4, prompt[..40], 20), new(2, 8, prompt, 20)];
        var scheduler = new Scheduler(cache, new ServerOptions { Pages = 40 }, new ComputeBlocks(16), requests);
        var chunks = new Dictionary<long, (int First, int Count)>();
        for (int step = 0; step < 12; step++)
        {
            foreach ((Request request, int count) in scheduler.Next(step))
            {
                for (int token = request.Computed; token < request.Computed + count; token++)
                    chunks.Add(request.Sequence!.Slot(token), (request.Computed, count));
                request.Computed += count;
                request.Sequence!.Commit();
                if (request.Computed == request.Tokens.Count)
                    request.Add(0);
            }
        }

        scheduler.SharedTokens.Should().Be(16 + 32);
        foreach (Request request in requests)
        {
            for (int token = 0; token < request.PromptLength; token++)
            {
                (int first, int count) = chunks[request.Sequence!.Slot(token)];
                bool isWhole = token < request.PromptLength / 16 * 16;
                (first % 16 == 0 && count % 16 == 0).Should().Be(isWhole, "request {0} has token {1} from a chunk of {2} at {3}", request.Number, token, count, first);
            }

            request.Sequence!.Dispose();
        }
    }

    [Theory]
    [InlineData(8, 4, 8, 16)]
    [InlineData(8, 8, 16, 32)]
    [InlineData(32, 4, 16, 16)]
    [InlineData(16, 1, 1, 5)]
    [InlineData(2, 2, 1, 17)]
    public void Blocks_are_whole_pages_and_more_rows_than_count_as_few(int heads, int keyValueHeads, int pageSize, int expected)
    {
        ComputeBlocks blocks = ComputeBlocks.For(heads, keyValueHeads, pageSize);

        blocks.Length.Should().Be(expected);
        var request = new Request(0, 0, [.. Enumerable.Range(0, (2 * expected) + 1)], 5);
        blocks.Next(request, (2 * expected) - 1).Should().Be(expected);
        blocks.Next(request, 2 * expected).Should().Be(2 * expected);
        blocks.Next(request, expected - 1).Should().Be(0);
        request.Computed = 2 * expected;
        blocks.Next(request, 1).Should().Be(1);
        request.Computed = (2 * expected) + 1;
        blocks.Next(request, 100).Should().Be(1);
        blocks.Whole((2 * expected) - 1).Should().Be(expected);
    }
}
