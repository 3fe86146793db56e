{
    // StoredRow.WidenCore<StoredBf16>
    global ushort* row = (global ushort*)var0;
    global float* target = var1;
    const int count = var2;
    int i = 0;
    for (; i + 8 <= count; i += 8) vstore8(as_float8(convert_uint8(vload8(0, row + (i))) << 16), 0, target + i);
    for (; i < count; i++) target[i] = as_float((uint)(row)[i] << 16);
}
