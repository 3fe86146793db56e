using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace AttentionKernels.Export;

/// <summary>The description of a launch as JSON; docs/exporting.md says what each name means.</summary>
internal static class LaunchJson
{
    /// <summary>Writes it.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="file">The name of the file that has the text.</param>
    public static byte[] Write(ExportedLaunch launch, string file)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("kernel", launch.Kernel);
        json.WriteString("language", launch.Language == KernelLanguage.Ptx ? "ptx" : "opencl-c");
        json.WriteString("file", file);
        json.WriteString("entry", launch.Entry);
        json.WriteNumber("groups", launch.Grid.Groups);
        json.WriteNumber("groupSize", launch.Grid.GroupSize);
        json.WriteNumber("tiles", launch.Grid.Tiles);
        json.WriteString("grid", launch.Grid.Formula);
        json.WriteNumber("dynamicSharedBytes", launch.DynamicSharedBytes);
        json.WriteStartArray("parameters");
        foreach (KernelParameter parameter in launch.Parameters)
            Write(json, parameter);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, KernelParameter parameter)
    {
        json.WriteStartObject();
        json.WriteString("name", parameter.Name);
        if (parameter.Memory is { } memory)
            Write(json, memory);
        else
        {
            json.WriteNumber("bytes", parameter.Value.Length);
            json.WriteNumber("alignment", parameter.Alignment);
            json.WriteString("value", Convert.ToHexStringLower(parameter.Value.Span));
            json.WriteStartArray("fields");
            foreach (ArgumentField field in parameter.Fields)
                Write(json, field);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ArgumentField field)
    {
        json.WriteStartObject();
        json.WriteString("name", field.Name);
        json.WriteString("type", field.Type);
        json.WriteNumber("offset", field.Offset);
        json.WriteNumber("bytes", field.Size);
        if (field.Memory is { } memory)
            Write(json, memory);
        else
            json.WriteString("number", Convert.ToString(field.Number, CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MemoryRange memory)
    {
        json.WriteStartObject("memory");
        json.WriteNumber("buffer", memory.Buffer);
        json.WriteNumber("byteOffset", memory.ByteOffset);
        json.WriteNumber("length", memory.Length);
        json.WriteNumber("elementBytes", memory.ElementSize);
        json.WriteString("use", memory.IsInput ? "read" : "read or written");
        json.WriteEndObject();
    }
}
