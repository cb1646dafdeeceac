%% An echo server as an Erlang programmer would write it: gen_tcp, {packet, 4}, one process per connection, {active, once}.
%% It prints the port that it listens on, and ends when its standard input does.
-module(echo_server).
-export([main/0]).

-define(BACKLOG, 1024).

main() ->
    Options = [binary, {packet, 4}, {active, false}, {nodelay, true}, {reuseaddr, true}, {backlog, ?BACKLOG}, {ip, {127, 0, 0, 1}}],
    {ok, Listener} = gen_tcp:listen(0, Options),
    {ok, Port} = inet:port(Listener),
    io:format("~b~n", [Port]),
    spawn_link(fun() -> accept(Listener) end),
    wait_for_end_of_input().

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Connection = spawn(fun() -> start(Socket) end),
    ok = gen_tcp:controlling_process(Socket, Connection),
    Connection ! go,
    accept(Listener).

start(Socket) ->
    receive go -> loop(Socket) end.

loop(Socket) ->
    ok = inet:setopts(Socket, [{active, once}]),
    receive
        {tcp, Socket, Frame} ->
            case gen_tcp:send(Socket, Frame) of
                ok -> loop(Socket);
                {error, _} -> gen_tcp:close(Socket)
            end;
        {tcp_closed, Socket} -> ok;
        {tcp_error, Socket, _} -> ok
    end.

wait_for_end_of_input() ->
    case io:get_line("") of
        eof -> halt(0);
        {error, _} -> halt(0);
        _ -> wait_for_end_of_input()
    end.
