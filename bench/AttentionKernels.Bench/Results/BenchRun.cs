using System.Text.Json;
using System.Text.Json.Serialization;
using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Bench;

/// <summary>A run of the harness: where, what and how fast. It is what <c>results.json</c> holds; docs/measuring.md describes it.</summary>
internal sealed record BenchRun
{
    /// <summary>The version of the file's form that this program writes and reads.</summary>
    public const int CurrentSchema = 1;

    /// <summary>The version of the form.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Whether all that was asked for has been measured.</summary>
    public bool Complete { get; init; }

    /// <summary>The arguments of the command line.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The machine.</summary>
    public required Machine Machine { get; init; }

    /// <summary>The devices.</summary>
    public required IReadOnlyList<MeasuredDevice> Devices { get; init; }

    /// <summary>The rows.</summary>
    public IReadOnlyList<BenchRow> Rows { get; init; } = [];

    /// <summary>What the calls of a program take, where its shapes were replayed.</summary>
    public IReadOnlyList<ReplayedShape>? Replay { get; init; }

    /// <summary>Reads a run.</summary>
    /// <exception cref="InvalidDataException">
    /// The file is not one of this schema, has a row twice, or one of a device that it does not have.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BenchRun Read(string file)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            BenchRun? run = JsonSerializer.Deserialize(stream, BenchJson.Default.BenchRun);
            if (run is not { Schema: CurrentSchema })
                throw new InvalidDataException($"{file} has the schema {run?.Schema}; it must have {CurrentSchema}.");
            if (run.Rows.CountBy(row => row.Key).FirstOrDefault(key => key.Value > 1).Key is { } twice)
                throw new InvalidDataException($"{file} has the row {twice} twice.");
            if (run.Rows.FirstOrDefault(row => run.Devices.All(device => device.Selector != row.Device)) is { } stray)
                throw new InvalidDataException($"{file} has the row {stray.Key}, but no device {stray.Device}.");
            return run;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{file} is not a results.json: {exception.Message}", exception);
        }
    }

    /// <summary>Writes it.</summary>
    public void Write(Stream stream) => JsonSerializer.Serialize(stream, this, BenchJson.Default.BenchRun);
}

/// <summary>A device, and what it can do at most.</summary>
/// <param name="Selector">What selects it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Driver">The driver and its version.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Ceilings">What it can do at most.</param>
internal sealed record MeasuredDevice(string Selector, string Name, string Driver, long MemoryBytes, DeviceCeilings Ceilings)
{
    /// <summary>Why its ceilings could not be measured; they are 0 then.</summary>
    public string? Note { get; init; }
}

/// <summary>How a run becomes JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true,
    RespectNullableAnnotations = true, Converters = [typeof(FiniteNumberConverter)])]
[JsonSerializable(typeof(BenchRun))]
internal sealed partial class BenchJson : JsonSerializerContext;
